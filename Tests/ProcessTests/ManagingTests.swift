import Foundation
import Testing
import VaultTestSupport

/// `show`, `rename`, `remove`, `default` and `forget`.
@Suite(.serialized, .needsBinary)
struct ManagingTests {
    /// A vault with `atlas` and `globe`, which are one client at the server.
    private func homeWithTwo(askingAt server: TokenServer) async throws -> Home {
        let home = try await Home.withVault(askingAt: server.url)
        let file = try home.writeFile(tokenURI: server.url)
        try await home.run("import", file, "--name", "globe", "-q").expectSuccess()
        return home
    }

    private func names(_ home: Home) async throws -> [String] {
        let list = try await home.run("list", "--json")
        #expect(list.exitCode == 0, "\(list)")
        return (try list.json["applications"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
    }

    // MARK: - show

    @Test func `show tells what is known, and how long the tokens live`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await homeWithTwo(askingAt: server)
        let shown = try await home.run("show", "atlas")
        shown.expectSuccess()
        #expect(
            shown.outputText.wholeMatch(
                of: try Regex(
                    """
                    name            atlas
                    client_id       \(home.client.id)
                    tokens from     http://localhost:\(server.port)/oauth/token
                    API             unknown: give it with --api-base
                    Basic encoding  raw
                    certificates    the system's
                    proxy           what the environment names
                    scopes          none in its file
                    imported        [0-9TZ:-]{20}
                    secret written  [0-9TZ:-]{20}
                    cached tokens   none

                    """
                )
            ) != nil,
            "\(shown)"
        )
        try await home.run("token", "atlas", "-q").expectSuccess()
        try await home.run("token", "atlas", "--scope", "a", "-q").expectSuccess()
        let after = try await home.run("show", "atlas")
        let left = try #require(after.outputText.firstMatch(of: #/(?m)^cached tokens   (\d+) s left, (\d+) s left$/#))
        #expect(try (1...3599).contains(#require(Int(left.1))), "\(after)")
        #expect(try (1...3599).contains(#require(Int(left.2))), "\(after)")
        let other = try await home.run("show", "globe")
        #expect(other.outputText.hasSuffix("\ncached tokens   none\n"), "\(other)")
    }

    @Test func `show tells the same as JSON, with its times twice`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        let token = try await home.run("token", "--json").json
        let shown = try await home.run("show", "--json")
        shown.expectSuccess()
        let told = try shown.json
        #expect(
            told.keys.sorted() == [
                "basic_encoding", "client_id", "created", "created_epoch", "name", "scopes", "secret_written",
                "secret_written_epoch", "token_uri", "tokens_expire", "tokens_expire_epoch",
            ]
        )
        let listed = try await home.run("list", "--json").json["applications"] as? [[String: Any]]
        #expect(listed?.count == 1 && listed?.first.map { NSDictionary(dictionary: $0).isEqual(to: told) } == true)
        #expect(told["name"] as? String == "atlas")
        #expect(told["client_id"] as? String == home.client.id)
        #expect(told["token_uri"] as? String == server.url)
        #expect(told["basic_encoding"] as? String == "raw")
        #expect(told["scopes"] as? [String] == [])
        #expect(told["tokens_expire_epoch"] as? [Int] == [try #require(token["expires_at_epoch"] as? Int)])
        #expect(told["tokens_expire"] as? [String] == [try #require(token["expires_at"] as? String)])
        for time in ["created", "secret_written"] {
            let date = try Date(try #require(told[time] as? String), strategy: .iso8601)
            #expect(told[time + "_epoch"] as? Double == date.timeIntervalSince1970)
        }
    }

    @Test func `show says when a token has expired`() async throws {
        var options = TokenServer.Options()
        options.expiresIn = "1"
        let server = try await TokenServer(options)
        let home = try await Home.withVault(askingAt: server.url)
        try await home.run("token", "-q").expectSuccess()
        try await Task.sleep(for: .seconds(2))
        let shown = try await home.run("show")
        #expect(shown.outputText.hasSuffix("\ncached tokens   expired\n"), "\(shown)")
    }

    @Test func `show wants a name that there is`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await homeWithTwo(askingAt: server)
        let known = "Name one of those in the vault: atlas, globe"
        try await home.run("show", "hydrology").expectFailure(
            66,
            "There is no application hydrology in the vault.",
            known
        )
        try await home.run("show").expectFailure(66, "The vault holds 2 applications, and none was named.", known)
        let shown = try await home.run("show", with: ["ISOGEO_VAULT_APP": "globe"])
        #expect(shown.outputText.hasPrefix("name            globe\n"), "\(shown)")
        try await home.run("show", "").expectFailure(
            64,
            "That can't be the name of an application.",
            "A name has 1 to 128 bytes and no control characters."
        )
    }

    @Test(arguments: [
        ["show", "altas"], ["token", "altas"], ["rename", "altas", "map"], ["remove", "altas", "--yes"],
        ["default", "altas"], ["forget", "altas"], ["export", "altas", "out.json", "--in-clear"],
    ]) func `a mistyped name is answered with the one that was meant, and nothing changes`(arguments: [String])
        async throws
    {
        let home = try await Home.withVault()
        let before = try Data(contentsOf: URL(filePath: home.vault))
        try await home.command(arguments).run().expectFailure(
            66,
            "There is no application altas in the vault.",
            "Did you mean atlas? The vault holds: atlas"
        )
        #expect(try Data(contentsOf: URL(filePath: home.vault)) == before)
        #expect(!FileManager.default.fileExists(atPath: home.folder("out.json")))
    }

    // MARK: - rename

    @Test func `a renamed application keeps its tokens`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        let token = try await home.run("token", "atlas")
        token.expectSuccess()
        try await home.run("rename", "atlas", "world map").expectSuccess(
            "",
            errors: "isogeo-vault: Renamed the application atlas to world map.\n"
        )
        try await home.run("token", "world map").expectSuccess(token.outputText)
        #expect(try server.requests(of: home.client).count == 1)
        #expect(try await names(home) == ["world map"])
        try await home.run("token", "atlas").expectFailure(
            66,
            "There is no application atlas in the vault.",
            "Name one of those in the vault: world map"
        )
        // The secret is still there, too.
        try await home.run("token", "world map", "--refresh").expectSuccess()
        #expect(try server.requests(of: home.client).count == 2)
    }

    @Test func `no two applications have one name`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await homeWithTwo(askingAt: server)
        let before = try Data(contentsOf: URL(filePath: home.vault))
        let report = try await home.run("rename", "atlas", "globe")
        #expect(report.exitCode == 73 && report.output.isEmpty, "\(report)")
        #expect(report.errorText.hasPrefix("isogeo-vault: There is an application of that name"), "\(report)")
        #expect(try Data(contentsOf: URL(filePath: home.vault)) == before)
        #expect(try await names(home) == ["atlas", "globe"])
        try await home.run("rename", "atlas", "a\nb").expectFailure(
            64,
            "That can't be the name of an application.",
            "A name has 1 to 128 bytes and no control characters."
        )
        #expect(try await names(home) == ["atlas", "globe"])
    }

    @Test func `the default stays the default under another name`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await homeWithTwo(askingAt: server)
        try await home.run("default", "globe", "-q").expectSuccess()
        try await home.run("rename", "globe", "earth", "-q").expectSuccess()
        try await home.run("default").expectSuccess("earth\n")
    }

    // MARK: - remove

    @Test func `nothing is removed without the word`() async throws {
        let home = try await Home.withVault()
        let before = try Data(contentsOf: URL(filePath: home.vault))
        try await home.run("remove", "atlas").expectFailure(
            64,
            "Removing atlas takes its secret out of the vault for good.",
            "Say that you mean it: isogeo-vault remove atlas --yes"
        )
        #expect(try Data(contentsOf: URL(filePath: home.vault)) == before)
        #expect(try await names(home) == ["atlas"])
    }

    @Test func `a removed application is gone with its tokens, and the others stay`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await homeWithTwo(askingAt: server)
        try await home.run("token", "atlas", "-q").expectSuccess()
        let kept = try await home.run("token", "globe", "-q")
        kept.expectSuccess()
        try await home.run("remove", "atlas", "--yes").expectSuccess(
            "",
            errors: "isogeo-vault: Removed the application atlas.\n"
        )
        #expect(try await names(home) == ["globe"])
        let status = try await home.run("status", "--json").json
        #expect(status["applications"] as? Int == 1)
        #expect(status["tokens"] as? Int == 1)
        // The only one now, and its token is the one it had.
        try await home.run("token").expectSuccess(kept.outputText)
        try await home.run("remove", "globe", "--yes", "-q").expectSuccess("")
        try await home.run("token").expectFailure(
            66,
            "The vault holds no application.",
            "Import a client_secrets.json: isogeo-vault import FILE"
        )
        try await home.run("list").expectSuccess("NAME  CLIENT_ID  TOKENS FROM\n")
        #expect(try await home.run("list", "--json").json["applications"] as? [String] == [])
        // A vault that became empty takes applications as before.
        try await home.run("import", try home.writeFile(tokenURI: server.url), "-q").expectSuccess()
        #expect(try await names(home) == ["atlas"])
    }

    // MARK: - default

    @Test func `the default is meant when none is named`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await homeWithTwo(askingAt: server)
        try await home.run("default", "globe").expectSuccess(
            "",
            errors: "isogeo-vault: The default application is globe now.\n"
        )
        try await home.run("default").expectSuccess("globe\n")
        let token = try await home.run("token", "--json").json
        #expect(token["application"] as? String == "globe")
        // Whatever is named comes first.
        for (arguments, variable) in [(["token", "atlas", "--json"], "globe"), (["token", "--json"], "atlas")] {
            let named = try await home.command(arguments, ["ISOGEO_VAULT_APP": variable]).run()
            #expect(try named.json["application"] as? String == "atlas", "\(named)")
        }

        try await home.run("default", "--none").expectSuccess(
            "",
            errors: "isogeo-vault: There is no default application now.\n"
        )
        let known = "Name one of those in the vault: atlas, globe"
        for command in ["token", "default"] {
            try await home.run(command).expectFailure(66, "The vault holds 2 applications, and none was named.", known)
        }
        let both = try await home.run("default", "atlas", "--none")
        #expect(both.exitCode == 64 && both.errorText.hasPrefix("isogeo-vault: Give a name or --none.\n"), "\(both)")
    }

    @Test func `a removed application is the default no more`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await homeWithTwo(askingAt: server)
        try await home.run("import", try home.writeFile(tokenURI: server.url), "--name", "map", "-q").expectSuccess()
        try await home.run("default", "globe", "-q").expectSuccess("")
        try await home.run("remove", "globe", "--yes", "-q").expectSuccess("")
        try await home.run("token").expectFailure(
            66,
            "The vault holds 2 applications, and none was named.",
            "Name one of those in the vault: atlas, map"
        )
        // Nor does another one that gets its name become it.
        try await home.run("rename", "map", "globe", "-q").expectSuccess("")
        try await home.run("token").expectFailure(
            66,
            "The vault holds 2 applications, and none was named.",
            "Name one of those in the vault: atlas, globe"
        )
    }

    // MARK: - forget

    @Test func `a forgotten token is asked for again, and the others stay`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await homeWithTwo(askingAt: server)
        let atlas = try await home.run("token", "atlas", "-q")
        let globe = try await home.run("token", "globe", "-q")
        try await home.run("forget", "atlas").expectSuccess(
            "",
            errors: "isogeo-vault: Dropped the cached tokens of atlas.\n"
        )
        try await home.run("token", "globe").expectSuccess(globe.outputText)
        #expect(try server.requests(of: home.client).count == 2)
        let again = try await home.run("token", "atlas", "-q")
        again.expectSuccess()
        #expect(again.output != atlas.output)
        #expect(try server.requests(of: home.client).count == 3)

        try await home.run("forget", "--all").expectSuccess(
            "",
            errors: "isogeo-vault: Dropped the cached tokens of all applications.\n"
        )
        #expect(try await home.run("status", "--json").json["tokens"] as? Int == 0)
        for name in ["atlas", "globe"] { try await home.run("token", name, "-q").expectSuccess() }
        #expect(try server.requests(of: home.client).count == 5)
    }

    @Test func `forget means one application or all`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await homeWithTwo(askingAt: server)
        try await home.run("token", "atlas", "-q").expectSuccess()
        try await home.run("forget").expectFailure(
            66,
            "The vault holds 2 applications, and none was named.",
            "Name one of those in the vault: atlas, globe"
        )
        let both = try await home.run("forget", "atlas", "--all")
        #expect(both.exitCode == 64 && both.errorText.hasPrefix("isogeo-vault: Give a name or --all.\n"), "\(both)")
        #expect(try await home.run("status", "--json").json["tokens"] as? Int == 1)
        try await home.run("forget", with: ["ISOGEO_VAULT_APP": "atlas"]).expectSuccess(
            "",
            errors: "isogeo-vault: Dropped the cached tokens of atlas.\n"
        )
        #expect(try await home.run("status", "--json").json["tokens"] as? Int == 0)
    }
}
