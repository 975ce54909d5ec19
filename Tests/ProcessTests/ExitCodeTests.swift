import Foundation
import Testing
import VaultTestSupport

/// Each exit code, reached once, with its sentence and remedy on standard error and nothing on standard output.
@Suite(.serialized, .needsBinary)
struct ExitCodeTests {
    @Test func `64, a call that can't be understood`() async throws {
        let home = try await Home.withVault()
        for (arguments, sentence) in [
            (["token", "--frob"], "Unknown option '--frob'. Did you mean '--from'?"),
            (["import"], "Give files, or --from-environment."),
            (["token", "a", "b"], "Unexpected argument 'b'."),
            (["token", "--min-ttl", "x"], "The value 'x' is invalid for '--min-ttl <seconds>'."),
        ] {
            let remedy = "isogeo-vault help \(arguments[0]) shows how."
            try await home.command(arguments).run().expectFailure(64, sentence, remedy)
        }
        try await home.run("frob").expectFailure(
            64,
            "There is no command frob.",
            "isogeo-vault help lists the commands."
        )
        try await home.run("token", "").expectFailure(
            64,
            "That can't be the name of an application.",
            "A name has 1 to 128 bytes and no control characters."
        )
        for (options, sentence) in [
            (["--min-ttl=-1"], "--min-ttl is 0 to 86400 seconds."),
            (["--min-ttl", "86401"], "--min-ttl is 0 to 86400 seconds."),
            (["--json", "--format", "header"], "--json and --format header contradict each other."),
            (["--vault", ""], "--vault has no path."),
        ] {
            let report = try await home.command(["token"] + options).run()
            #expect(report.exitCode == 64 && report.output.isEmpty, "\(report)")
            #expect(report.errorText.hasPrefix("isogeo-vault: \(sentence)\n"), "\(report)")
        }
    }

    @Test func `64, a vault is to be made and nothing says how to protect it`() async throws {
        let home = try Home()
        try await home.run("import", try home.writeFile(), "-q").expectFailure(
            64,
            "There is no vault yet, and nothing says how to protect a new one.",
            """
            Choose one of these:
              isogeo-vault import --protect key-file=PATH FILE         (PATH is made; keep a copy of it)
              isogeo-vault import --passphrase-file PATH FILE          (the passphrase is in PATH, mode 0600)
              isogeo-vault import --protect passphrase FILE            (on a terminal: you are asked for it)
              isogeo-vault import --protect keyring FILE               (in a desktop's session)
            """
        )
        #expect(!FileManager.default.fileExists(atPath: home.vaultFolder))
        for (options, sentence) in [
            ([], "There is no terminal to ask for the new passphrase on."),
            (["--no-prompt"], "--no-prompt forbids asking for the new passphrase."),
        ] {
            try await home.command(["import", try home.writeFile(), "-q", "--protect", "passphrase"] + options).run()
                .expectFailure(64, sentence, "Give the passphrase with --passphrase-file PATH.")
        }
    }

    @Test func `65, the file is no client_secrets json`() async throws {
        let home = try Home()
        try await home.run("import", "-", "--protect", "key-file=\(home.key)", input: "[]").expectFailure(
            65,
            "The file is JSON, but not an object.",
            "Use the client_secrets.json as Isogeo sent it, unedited."
        )
        #expect(!FileManager.default.fileExists(atPath: home.key))
        #expect(!FileManager.default.fileExists(atPath: home.vaultFolder))
    }

    @Test func `65, the folder holds nothing to import`() async throws {
        let home = try Home()
        let folder = home.folder("share")
        try await home.run("import", folder, "--protect", "key-file=\(home.key)").expectFailure(
            65,
            "The folder \(folder) holds no .json or .ini file.",
            "Name the files themselves."
        )
        #expect(!FileManager.default.fileExists(atPath: home.key))
    }

    @Test func `66, there is no vault`() async throws {
        let home = try Home()
        for command in ["token", "list", "status"] {
            try await home.run(command).expectFailure(
                66,
                "There is no vault at \(home.vault).",
                "Import a client_secrets.json to make one, or name another place."
            )
        }
        #expect(!FileManager.default.fileExists(atPath: home.vaultFolder))
    }

    @Test func `66, there is no such application`() async throws {
        let home = try await Home.withVault()
        try await home.run("token", "globe").expectFailure(
            66,
            "There is no application globe in the vault.",
            "Name one of those in the vault: atlas"
        )
        _ = try await home.run("import", try home.writeFile(), "--name", "globe")
        try await home.run("token").expectFailure(
            66,
            "The vault holds 2 applications, and none was named.",
            "Name one of those in the vault: atlas, globe"
        )
        try await home.run("token", with: ["ISOGEO_VAULT_APP": "map"]).expectFailure(
            66,
            "There is no application map in the vault.",
            "Name one of those in the vault: atlas, globe"
        )
    }

    @Test func `67, the server refuses the credential, and is asked once`() async throws {
        var options = TokenServer.Options()
        options.client = ("somebody", "else")
        let server = try await TokenServer(options)
        let home = try await Home.withVault(askingAt: server.url)
        try await home.run("token").expectFailure(
            67,
            "atlas at \(server.origin): The server refuses this client_id and secret (status 401, invalid_client).",
            "Check the credential with its issuer; if it has unusual characters, try the other Basic encoding."
        )
        // Whoever has had it mended in the meantime is told how to go on.
        let again = try await home.run("token")
        let told = #/invalid_client\)\. That was at [0-9TZ:-]{20}, and it wasn't asked again\.\n/#
        #expect(again.exitCode == 67 && again.errorText.contains(told), "\(again)")
        #expect(again.errorText.hasSuffix(" It is asked again after a minute, or with --refresh.\n"), "\(again)")
        #expect(try server.requests.count == 1)
    }

    @Test func `72, the vault is damaged`() async throws {
        let home = try await Home.withVault()
        try await home.edit("db.execute('UPDATE header SET tag = zeroblob(32)')")
        try await home.run("token").expectFailure(
            72,
            "The vault is damaged: its header was edited.",
            "Restore a backup; trying again doesn't help."
        )
    }

    @Test func `73, the application is there already`() async throws {
        let home = try await Home.withVault()
        try await home.run("import", try home.writeFile(), "-q").expectFailure(
            73,
            "There is an application atlas already.",
            "Replace its secret with --replace, or give the new one another name with --name."
        )
    }

    @Test func `74, the input file can't be read`() async throws {
        let home = try Home()
        let missing = home.folder("missing.json")
        try await home.run("import", missing, "--protect", "key-file=\(home.key)").expectFailure(
            74,
            "\(missing) can't be read: No such file or directory.",
            "Check the path and who may read it."
        )
        let folder = home.folder("share")
        let report = try await home.run("token", "--from", folder)
        #expect(report.exitCode == 74 && report.errorText.contains("\(folder) is a folder."), "\(report)")
        #expect(!FileManager.default.fileExists(atPath: home.key))
    }

    @Test func `75, nobody answers`() async throws {
        var options = TokenServer.Options()
        options.answers = #"[{"status": 503, "headers": {}, "body": "{}"}]"#
        let server = try await TokenServer(options)
        let home = try await Home.withVault(askingAt: server.url)
        try await home.run("token").expectFailure(
            75,
            "atlas at \(server.origin): The server failed (status 503).",
            "Ask again in a minute."
        )
        #expect(try server.requests.count == 3)
    }

    @Test func `76, the answer makes no sense`() async throws {
        var options = TokenServer.Options()
        options.answers = #"""
            [{"status": 302, "headers": {"Location": "https://elsewhere.example/token"}, "body": ""},
             {"status": 200, "headers": {"Content-Type": "text/html"}, "body": "<html>log in</html>"}]
            """#
        let server = try await TokenServer(options)
        let home = try await Home.withVault(askingAt: server.url)
        try await home.run("token").expectFailure(
            76,
            "atlas at \(server.origin): The token endpoint redirects to elsewhere.example, where the secret isn't sent.",
            "Run isogeo-vault rotate NAME client_secrets.json --token-uri URL if the new address can be trusted."
        )
        let html = try await home.run("token")
        #expect(html.exitCode == 76 && html.output.isEmpty)
        #expect(
            html.errorText.contains(
                "\(server.origin): The server's answer isn't JSON (status 200): at line 1, column 1"
            )
        )
        #expect(try server.requests.count == 2)
    }

    @Test func `76, an answer that repeats the secret doesn't make it public`() async throws {
        var home = try Home()
        home.environment["ISOGEO_VAULT_KEY_FILE"] = home.key
        let description = "bad: \(home.client.secret.text) \\u001b[31m \(home.client.basic)"
        var options = TokenServer.Options()
        options.answers = """
            [{"status": 400, "headers": {}, "body":
              "{\\"error\\": \\"invalid_request\\", \\"error_description\\": \\"\(description.replacing("\\", with: "\\\\"))\\"}"},
             {"status": 200, "headers": {}, "body": "{\\"access_token\\": \\"\(home.client.secret.text)\\"}"}]
            """
        let server = try await TokenServer(options)
        _ = try await home.run(
            "import",
            try home.writeFile(tokenURI: server.url),
            "--protect",
            "key-file=\(home.key)"
        )
        let rejected = try await home.run("token")
        let withheld = "invalid_request: its words aren't shown, because they hold something like the secret"
        #expect(rejected.exitCode == 76 && rejected.errorText.contains(withheld), "\(rejected)")
        #expect(!rejected.errors.contains(0x1b))
        try await home.run("token").expectFailure(
            76,
            "atlas at \(server.origin): The server's access_token contains the client secret, or a part of it.",
            "Check the token endpoint's address, and report it to the server's operator."
        )
    }

    @Test func `77, the key doesn't fit`() async throws {
        let home = try await Home.withVault()
        let other = try home.folder.write(String(repeating: "0", count: 64), to: "other")
        try await home.run("token", "--key-file", other).expectFailure(
            77,
            "The key file \(other) doesn't open this vault.",
            Home.otherKeyRemedy
        )
    }

    @Test func `78, the vault is open to others`() async throws {
        let home = try await Home.withVault()
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: home.vault)
        try await home.run("token").expectFailure(
            78,
            "\(home.vault) is open to others (mode 0644).",
            "chmod 600 \(home.vault)"
        )
    }

    @Test func `0, and what there is to see`() async throws {
        let home = try await Home.withVault()
        let list = try await home.run("list")
        list.expectSuccess(
            """
            NAME   CLIENT_ID\(String(repeating: " ", count: home.client.id.count - 7))TOKENS FROM
            atlas  \(home.client.id)  http://localhost:9

            """
        )
        let listed = try await home.run("list", "--json").json
        let application = try #require((listed["applications"] as? [[String: Any]])?.first)
        #expect(application["name"] as? String == "atlas")
        #expect(application["client_id"] as? String == home.client.id)
        #expect(application["token_uri"] as? String == "http://localhost:9/token")
        #expect(listed["vault"] as? String == home.vault)

        let status = try await home.run("status", with: ["ISOGEO_VAULT_KEY_FILE": nil])
        #expect(status.exitCode == 0 && status.outputText.hasPrefix("vault          \(home.vault)\n"), "\(status)")
        #expect(!status.outputText.contains("atlas") && !status.outputText.contains("localhost"))
        let counted = try await home.run("status", "--json").json
        #expect(counted["applications"] as? Int == 1)
        #expect(counted["tokens"] as? Int == 0)
        let bytes = try FileManager.default.attributesOfItem(atPath: home.vault)[.size] as? Int
        #expect(counted["bytes"] as? Int == bytes)
        #expect(status.outputText.contains("\nsize           \(try #require(bytes) / 1024) KiB\n"), "\(status)")
        #expect((counted["slots"] as? [[String: Any]])?.compactMap { $0["kind"] as? String } == ["key-file"])
    }
}
