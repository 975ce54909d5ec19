import Foundation
import Testing
import VaultTestSupport

/// `rotate`: the new secret gives a token first, or nothing changes.
@Suite(.serialized, .needsBinary)
struct RotateTests {
    private static let said = "isogeo-vault: The new secret of atlas gave a token and is in the vault now.\n"
    private static let plainHTTP = "isogeo-vault: warning: The token endpoint is plain http, on this computer.\n"

    /// A home, and its server, which takes the first secret alone.
    private func home() async throws -> (Home, TokenServer) {
        let client = Home.Client()
        var options = TokenServer.Options()
        options.client = (client.id, client.secret.text)
        let server = try await TokenServer(options)
        var home = try Home(client: client)
        let made = try await home.run(
            "import",
            try home.writeFile(tokenURI: server.url),
            "--protect",
            "key-file=\(home.key)",
            "-q"
        )
        made.expectSuccess()
        home.environment["ISOGEO_VAULT_KEY_FILE"] = home.key
        return (home, server)
    }

    /// The Basic header with another secret.
    private func basic(_ home: Home, _ secret: Canary) -> String {
        Home.Client(id: home.client.id, secret: secret).basic
    }

    @Test func `a new secret that gives a token is kept with it`() async throws {
        let server = try await TokenServer()
        let home = try await Home.withVault(askingAt: server.url)
        let old = try await home.run("token")
        let created = try await home.run("show", "--json").json["created"] as? String
        let new = Canary()
        let rotated = try await home.run("rotate", "atlas", try home.writeFile(tokenURI: server.url, secret: new))
        rotated.expectSuccess("", errors: Self.plainHTTP + Self.said)
        new.expectAbsent(in: rotated)
        try new.expectAbsent(inFolder: home.vaultFolder)

        // The proof is the token that the next call gets; no request is sent.
        let token = try await home.run("token", "--json").json
        #expect(token["source"] as? String == "vault")
        #expect(token["access_token"] as? String != String(old.outputText.dropLast()))
        #expect(
            try server.requests.map { $0.values(of: "authorization") } == [[home.client.basic], [basic(home, new)]]
        )
        try await home.run("token", "--refresh", "-q").expectSuccess()
        #expect(try server.requests.last?.values(of: "authorization") == [basic(home, new)])
        #expect(try await home.run("show", "--json").json["created"] as? String == created)
        #expect(try await home.run("status", "--json").json["tokens"] as? Int == 1)
    }

    @Test func `a secret that is refused changes nothing, and is sent once`() async throws {
        let (home, server) = try await home()
        let old = try await home.run("token")
        old.expectSuccess()
        let before = try Data(contentsOf: URL(filePath: home.vault))
        let new = Canary()
        let refused = try await home.run(
            "rotate",
            "atlas",
            try home.writeFile(tokenURI: server.url, secret: new),
            "-q"
        )
        refused.expectFailure(
            67,
            "atlas at \(server.origin): The server refuses this client_id and secret (status 401, invalid_client).",
            "Check the credential with its issuer; if it has unusual characters, try the other Basic encoding."
        )
        new.expectAbsent(in: refused)
        #expect(try server.requests.count == 2)
        #expect(try Data(contentsOf: URL(filePath: home.vault)) == before)
        try await home.run("token").expectSuccess(old.outputText)
        try await home.run("token", "--refresh").expectSuccess()
        #expect(try server.requests.count == 3)
    }

    @Test func `a server that doesn't answer changes nothing`() async throws {
        let home = try await Home.withVault()
        let before = try Data(contentsOf: URL(filePath: home.vault))
        var options = TokenServer.Options()
        options.answers = #"[{"status": 503, "headers": {}, "body": "{}"}]"#
        let server = try await TokenServer(options)
        try await home.run("rotate", "atlas", try home.writeFile(tokenURI: server.url, secret: Canary()), "-q")
            .expectFailure(75, "atlas at \(server.origin): The server failed (status 503).", "Ask again in a minute.")
        #expect(try Data(contentsOf: URL(filePath: home.vault)) == before)
    }

    @Test func `a new token endpoint is said, with the old one`() async throws {
        let (one, other) = (try await TokenServer(), try await TokenServer())
        let home = try await Home.withVault(askingAt: one.url)
        try await home.run("rotate", "atlas", try home.writeFile(tokenURI: other.url)).expectSuccess(
            "",
            errors: Self.plainHTTP + Self.said
                + "isogeo-vault: Tokens come from http://localhost:\(other.port) now; "
                + "before, from http://localhost:\(one.port).\n"
        )
        #expect(try one.requests.isEmpty)
        #expect(try other.requests.count == 1)
        #expect(try await home.run("show", "--json").json["token_uri"] as? String == other.url)
        // So is one that an option names.
        let back = try await home.run(
            "rotate",
            "atlas",
            try home.writeFile(tokenURI: other.url),
            "--token-uri",
            one.url
        )
        #expect(back.exitCode == 0 && back.errorText.contains("now; before, from http://localhost:\(other.port).\n"))
        #expect(try one.requests.count == 1)
    }

    @Test func `a name that there isn't costs no request`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        try await home.run("rotate", "globe", try home.writeFile(tokenURI: server.url)).expectFailure(
            66,
            "There is no application globe in the vault.",
            "Name one of those in the vault: atlas"
        )
        #expect(try server.requests(of: home.client).isEmpty)
    }

    @Test func `the new file may come by standard input, with a scope and another encoding`() async throws {
        let server = try await TokenServer()
        let home = try await Home.withVault(askingAt: server.url)
        try await home.run(
            "rotate",
            "atlas",
            "-",
            "--scope",
            "a b",
            "--basic-encoding",
            "form",
            "-q",
            input: home.client.file(tokenURI: server.url)
        ).expectSuccess("")
        #expect(try server.requests.map(\.body) == ["grant_type=client_credentials&scope=a+b"])
        #expect(try await home.run("show", "--json").json["basic_encoding"] as? String == "form")
        // Settings that no option changes stay.
        try await home.run("rotate", "atlas", "-", "-q", input: home.client.file(tokenURI: server.url))
            .expectSuccess("")
        #expect(try await home.run("show", "--json").json["basic_encoding"] as? String == "form")
    }

    @Test func `a file that is none changes nothing`() async throws {
        let home = try await Home.withVault()
        let before = try Data(contentsOf: URL(filePath: home.vault))
        try await home.run("rotate", "atlas", "-", input: "[]").expectFailure(
            65,
            "The file is JSON, but not an object.",
            "Use the client_secrets.json as Isogeo sent it, unedited."
        )
        #expect(try Data(contentsOf: URL(filePath: home.vault)) == before)
    }
}
