import Testing
import VaultTestSupport

/// `--app NAME`: what stands for the application's name wherever one is meant.
@Suite(.serialized, .needsBinary)
struct ApplicationOptionTests {
    /// A vault with `atlas` and `globe`, which are one client at the server.
    private func home() async throws -> Home {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        try await home.run("import", try home.writeFile(tokenURI: server.url), "--name", "globe", "-q").expectSuccess()
        return home
    }

    @Test func `the option names the application, as the word does`() async throws {
        let home = try await home()
        for names in [["--app", "globe"], ["globe"], ["globe", "--app", "globe"], ["--app=globe"]] {
            let shown = try await home.command(["show", "--json"] + names).run()
            #expect(try shown.json["name"] as? String == "globe", "\(shown)")
            let token = try await home.command(["token", "--json"] + names).run()
            #expect(try token.json["application"] as? String == "globe", "\(token)")
            let script = ["--sdk", "--no-token", "-q", "--", "sh", "-c", "echo $ISOGEO_CLIENT_ID"]
            try await home.command(["exec"] + names + script).run().expectSuccess("\(home.client.id)\n")
            try await home.command(["forget", "-q"] + names).run().expectSuccess()
            try await home.command(["default", "-q"] + names).run().expectSuccess()
            try await home.run("default").expectSuccess("globe\n")
            try await home.run("default", "--none", "-q").expectSuccess()
        }
        // The option goes before the environment too.
        let shown = try await home.run("show", "--json", "--app", "globe", with: ["ISOGEO_VAULT_APP": "atlas"])
        #expect(try shown.json["name"] as? String == "globe", "\(shown)")
    }

    @Test func `with the option a single word is what comes after the name`() async throws {
        let home = try await home()
        let file = home.folder("exported.json")
        try await home.run("export", "--app", "globe", file, "--in-clear", "-q").expectSuccess()
        try await home.run("rotate", "--app", "globe", file, "-q").expectSuccess()
        try await home.run("rotate", "globe", file, "--app", "globe", "-q").expectSuccess()
        try await home.run("rename", "--app", "globe", "earth", "-q").expectSuccess()
        try await home.run("rename", "earth", "--app", "earth", "moon", "-q").expectSuccess()
        #expect(try await home.names() == ["atlas", "moon"])
        try await home.run("remove", "--app", "moon", "--yes", "-q").expectSuccess()
        #expect(try await home.names() == ["atlas"])
        try await home.expectWhole()
    }

    @Test(arguments: [
        ["token", "atlas"], ["exec", "atlas", "--", "true"], ["check", "atlas"], ["show", "atlas"],
        ["forget", "atlas"], ["default", "atlas"], ["remove", "atlas", "--yes"], ["rename", "atlas", "earth"],
        ["rotate", "atlas", "file"], ["export", "atlas", "file", "--in-clear"],
    ]) func `two applications are refused`(arguments: [String]) async throws {
        let home = try await Home.withVault()
        try await home.command([arguments[0], "--app", "globe"] + arguments.dropFirst()).run().expectFailure(
            64,
            "atlas and --app globe are two applications: name one.",
            "isogeo-vault help \(arguments[0]) shows how."
        )
        #expect(try await home.names() == ["atlas"])
    }

    @Test(arguments: [
        (["remove", "--yes"], "name"), (["rename"], "name"), (["rename", "atlas"], "new-name"),
        (["rename", "--app", "atlas"], "new-name"), (["rotate"], "name"), (["rotate", "atlas"], "file"),
        (["export", "--in-clear"], "name"), (["export", "--app", "atlas", "--in-clear"], "file"),
    ]) func `what is missing is said`(arguments: [String], missing: String) async throws {
        let home = try await Home.withVault()
        try await home.command(arguments).run().expectFailure(
            64,
            "Missing expected argument '<\(missing)>'.",
            "isogeo-vault help \(arguments[0]) shows how."
        )
    }

    @Test func `a parameter of the token's request goes with every command that takes a token`() async throws {
        let world = try await APIHome(.token, .json(200, "[]"), .token, .json(200, "[]"), .token)
        let parameter = ["--param", "audience=maps"]
        try await world.home.command(["check"] + parameter).run()
            .expectSuccess("atlas: valid, but nothing is shared with it yet.\n")
        // The token that the check got is kept, under what was asked for.
        try await world.home.command(["token", "--offline"] + parameter).run().expectSuccess()
        #expect(try await world.home.run("token", "--offline").exitCode == 66)
        try await world.home.command(["api", "/shares", "--param", "audience=globe"]).run().expectSuccess("[]")
        try await world.home.command(["exec", "--param", "audience=x", "--", "true"]).run().expectSuccess()
        let asked = try world.server.requests.filter { $0.method == "POST" }.map(\.body)
        #expect(asked == ["maps", "globe", "x"].map { "grant_type=client_credentials&audience=\($0)" })
    }

    @Test func `where the API is means nothing to a token, and is called by its name`() async throws {
        let home = try Home()
        for source in [[], ["--from", "-"], ["--from-environment"]] {
            try await home.command(["token", "--api-base", "https://api.example"] + source).run().expectFailure(
                64,
                "--api-base goes with import, rotate, api and check; a token is requested elsewhere.",
                "isogeo-vault help token shows how."
            )
        }
    }
}
