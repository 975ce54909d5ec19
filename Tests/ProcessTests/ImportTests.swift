import Foundation
import Testing
import VaultTestSupport

/// What `import` does in addition to taking one file.
@Suite(.serialized, .needsBinary)
struct ImportTests {
    /// Another secret than that of the home's client, and searched for in the same way.
    private let other = Home.Client(named: "other")

    /// A home without a vault, where one would open by the environment's key file.
    private func home() throws -> Home {
        var home = try Home()
        home.environment["ISOGEO_VAULT_KEY_FILE"] = home.key
        return home
    }

    private func protected(_ home: Home) -> [String] { ["--protect", "key-file=\(home.key)"] }

    private func importing(_ home: Home, _ arguments: [String]) async throws -> ProcessReport {
        let report = try await home.command(["import"] + arguments).run()
        for secret in [home.client.secret, other.secret] { secret.expectAbsent(in: report) }
        return report
    }

    // MARK: - Several

    @Test func `a file that is no good doesn't keep the others out`() async throws {
        let home = try home()
        let files = [
            try home.writeFile(), try home.folder.write("{", to: "bad.json"),
            try home.writeFile(of: other, to: "other.json"),
        ]
        let report = try await importing(home, protected(home) + files)
        #expect(report.exitCode == 65 && report.output.isEmpty, "\(report)")
        #expect(report.errorText.contains("isogeo-vault: \(files[1]): "), "\(report)")
        #expect(
            report.errorText.hasSuffix(
                "isogeo-vault: 1 of 3 was not imported.\n  Each has its reason above; the others are in the vault.\n"
            )
        )
        #expect(try await home.names() == ["atlas", "other"])
    }

    @Test func `the exit code is the first failure's`() async throws {
        let home = try await Home.withVault()
        let bad = try home.folder.write("{", to: "bad.json")
        for (files, code) in [([home.folder("missing.json"), bad], 74), ([bad, home.folder("missing.json")], 65)] {
            let report = try await importing(home, files)
            #expect(report.exitCode == code, "\(report)")
            #expect(report.errorText.contains("2 of 2 were not imported."), "\(report)")
        }
    }

    @Test func `a folder is its JSON and INI files`() async throws {
        let home = try home()
        try FileManager.default.createDirectory(atPath: home.folder("apps"), withIntermediateDirectories: false)
        let named = Home.Client(named: "borough")
        _ = try home.writeFile(of: other, to: "apps/a.json")
        let ini =
            "[auth]\nCLIENT_ID = \(named.id)\nCLIENT_SECRET = \(named.secret.text)\nURI_TOKEN = http://localhost:9/t\n"
        try home.folder.write(ini, to: "apps/b.ini")
        for name in ["apps/notes.txt", "apps/.hidden.json"] { try home.folder.write("{", to: name) }
        let report = try await importing(home, protected(home) + [home.folder("apps"), "--json"])
        named.secret.expectAbsent(in: report)
        #expect(report.exitCode == 0, "\(report)")
        let imports = try #require(try report.json["imports"] as? [[String: Any]])
        #expect(imports.compactMap { $0["application"] as? String } == ["other", "borough"])
        #expect(imports.compactMap { $0["outcome"] as? String } == ["made-vault", "added"])
        #expect(try await home.names() == ["other", "borough"])
    }

    @Test func `a folder without such files is refused, and one name for several`() async throws {
        let home = try home()
        try FileManager.default.createDirectory(atPath: home.folder("empty"), withIntermediateDirectories: false)
        let empty = try await importing(home, protected(home) + [home.folder("empty")])
        #expect(empty.exitCode == 65 && empty.errorText.contains("holds no .json or .ini file."), "\(empty)")
        let file = try home.writeFile()
        let named = try await importing(home, protected(home) + [file, file, "--name", "a"])
        #expect(named.exitCode == 64 && named.errorText.contains("2 files can't share one name."), "\(named)")
        #expect(!home.exists(home.vaultFolder) && !home.exists(home.key))
    }

    @Test func `two files of one name are refused before anything is taken, a pipe among them too`() async throws {
        let home = try await Home.withVault()
        let bytes = try home.folder.read("share/isogeo-vault/vault.db")
        let first = try home.writeFile(of: other, to: "a.json")
        for options in [[], ["--replace"]] {
            var command = try home.command(["import", first, "-"] + options)
            command.input = .bytes(Array(other.file(tokenURI: "http://localhost:9/token").utf8))
            try await command.run().expectFailure(
                64,
                "\(first) and standard input would all be the application other.",
                "Nothing was imported. Import one of them, or each by itself with a --name of its own."
            )
        }
        #expect(try home.folder.read("share/isogeo-vault/vault.db") == bytes)
        #expect(try await home.names() == ["atlas"])
    }

    @Test func `protection for a vault that is there is refused, and key add named`() async throws {
        let home = try await Home.withVault()
        let file = try home.writeFile(of: other, to: "a.json")
        try await home.run("import", file, "--protect", "passphrase").expectFailure(
            64,
            "There is a vault at \(home.vault) already, and --protect is for a new one.",
            "Omit it. For this key to open the vault too, add it: isogeo-vault key add passphrase"
        )
        #expect(try await home.run("import", file, "--protect", "key-file=\(home.folder("b"))").exitCode == 64)
        #expect(try await home.names() == ["atlas"])
        #expect(try await importing(home, protected(home) + [file]).exitCode == 0)
    }

    // MARK: - Trying

    @Test func `a dry run makes nothing`() async throws {
        let home = try home()
        let file = try home.writeFile()
        let report = try await importing(home, protected(home) + [file, "--dry-run", "--json"])
        #expect(report.exitCode == 0, "\(report)")
        #expect(report.errorText.contains("Would import \(file) as the application atlas."))
        #expect(report.errorText.contains("Tokens would be requested from http://localhost:9."))
        let imports = try #require(try report.json["imports"] as? [[String: Any]])
        #expect(imports.count == 1 && imports[0]["outcome"] as? String == "would-import")
        #expect(!home.exists(home.vaultFolder) && !home.exists(home.key))
        // Nor does it delete what it would have imported.
        let again = try await importing(home, [try home.writeFile(), "--dry-run", "--delete-source"])
        #expect(again.exitCode == 0 && home.exists(home.folder("client_secrets.json")), "\(again)")
        let bad = try await importing(home, [try home.folder.write("{", to: "bad.json"), "--dry-run"])
        #expect(bad.exitCode == 65, "\(bad)")
    }

    @Test func `a credential that the server refuses isn't kept, and is sent once`() async throws {
        var options = TokenServer.Options()
        options.client = ("somebody", "else")
        let server = try await TokenServer(options)
        let empty = try home()
        let file = try empty.writeFile(tokenURI: server.url)
        let refused = try await importing(empty, protected(empty) + [file, "--check", "--delete-source"])
        #expect(refused.exitCode == 67, "\(refused)")
        #expect(try server.requests.count == 1)
        #expect(!empty.exists(empty.vault) && !empty.exists(empty.key) && empty.exists(file))
        // Nor does it take the place of the one that is there.
        let home = try await Home.withVault(askingAt: server.url)
        let bytes = try home.folder.read("share/isogeo-vault/vault.db")
        let new = try home.writeFile(tokenURI: server.url, secret: other.secret)
        #expect(try await importing(home, [new, "--replace", "--check"]).exitCode == 67)
        #expect(try server.requests.count == 2)
        #expect(try home.folder.read("share/isogeo-vault/vault.db") == bytes)
    }

    @Test func `a credential that gave a token is kept with it`() async throws {
        let server = try await TokenServer.shared.value
        let home = try home()
        let file = try home.writeFile(tokenURI: server.url)
        #expect(try await importing(home, protected(home) + [file, "--check"]).exitCode == 0)
        #expect(try server.requests(of: home.client).count == 1)
        #expect(try await home.run("token").exitCode == 0)
        #expect(try server.requests(of: home.client).count == 1)
    }

    // MARK: - The source

    @Test func `a file is deleted once its secret was read back`() async throws {
        let home = try home()
        let first = try home.writeFile()
        let made = try await importing(home, protected(home) + [first, "--delete-source"])
        #expect(made.exitCode == 0 && made.errorText.contains("Deleted \(first)."), "\(made)")
        #expect(!home.exists(first))
        let second = try home.writeFile()
        #expect(try await importing(home, [second, "--delete-source", "--name", "b"]).exitCode == 0)
        #expect(!home.exists(second))
        #expect(try await home.names() == ["atlas", "b"])
        try await home.expectWhole()
    }

    @Test func `without being asked to, it deletes nothing and says so`() async throws {
        let home = try home()
        let file = try home.writeFile()
        let report = try await importing(home, protected(home) + [file])
        #expect(report.exitCode == 0 && home.exists(file))
        #expect(report.errorText.contains("\(file) still holds the secret in clear"), "\(report)")
    }

    @Test func `what wasn't imported isn't deleted`() async throws {
        let home = try await Home.withVault()
        let file = try home.writeFile(secret: other.secret)
        #expect(try await importing(home, [file, "--delete-source"]).exitCode == 73)
        #expect(home.exists(file))
        let key = try home.folder.write(String(repeating: "0", count: 64), to: "other-key")
        #expect(try await importing(home, [file, "--delete-source", "--replace", "--key-file", key]).exitCode == 77)
        #expect(home.exists(file))
        // Of several the good one goes, and the other stays.
        let bad = try home.folder.write("{", to: "bad.json")
        #expect(try await importing(home, [bad, file, "--delete-source", "--replace"]).exitCode == 65)
        #expect(home.exists(bad) && !home.exists(file))
    }

    @Test(.unprivileged) func `what a vault that can only be read didn't take isn't deleted`() async throws {
        let home = try await Home.withVault()
        let file = try home.writeFile()
        for (path, mode) in [(home.vault, 0o400), (home.vaultFolder, 0o500)] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        }
        let report = try await importing(home, [file, "--name", "b", "--delete-source"])
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: home.vaultFolder)
        #expect(report.exitCode != 0 && home.exists(file), "\(report)")
    }

    @Test func `a file that was exchanged meanwhile isn't deleted`() async throws {
        var options = TokenServer.Options()
        options.holdsAnswers = true
        let server = try await TokenServer(options)
        let home = try home()
        let file = try home.writeFile(tokenURI: server.url)
        let process = try home.command(["import", file, "--check", "--delete-source"] + protected(home)).start()
        #expect(try await server.waitForRequests(1))
        try home.folder.write(other.file(tokenURI: server.url), to: "new.json")
        try #require(unsafe rename(home.folder("new.json"), file) == 0)
        try server.release()
        let report = try await process.outcome()
        #expect(report.exitCode == 74, "\(report)")
        #expect(report.errorText.contains("is no longer the file that was read: nothing was deleted."), "\(report)")
        #expect(try home.folder.read("client_secrets.json") == Array(other.file(tokenURI: server.url).utf8))
        #expect(try await home.names() == ["atlas"])
    }

    @Test func `what the vault doesn't give back isn't deleted`() async throws {
        let home = try await Home.withVault()
        let endpoint = "https://id.example/token"
        let file = try home.writeFile(of: other, to: "other.json", tokenURI: endpoint)
        var command = try home.command(["import", file, "--delete-source"])
        // It waits with its first message, once the credential is stored and before it is read back.
        let pipe = try Descriptor.fullPipe()
        command.descriptors[2] = pipe.writing
        let process = try command.start()
        let deadline = ContinuousClock.now + Patience.end
        while try await home.names() != ["atlas", "other"], .now < deadline {
            try await Task.sleep(for: .milliseconds(20))
        }
        let newer = Home.Client(id: other.id, secret: Canary())
        let replacement = try home.writeFile(of: newer, to: "newer.json", tokenURI: endpoint)
        try await home.run("import", replacement, "--name", "other", "--replace", "-q").expectSuccess()
        var reader = Command("cat")
        reader.descriptors[0] = pipe.reading
        let drain = try reader.start()
        #expect(try await process.outcome().exitCode == 72)
        let said = try await drain.expect("The vault doesn't return what was read from \(file); the file stays.")
        other.secret.expectAbsent(in: said)
        #expect(home.exists(file))
        drain.send(SIGKILL)
        _ = try await drain.outcome()
    }

    @Test func `standard input and the environment have nothing to delete, and nothing is made`() async throws {
        let home = try home()
        var command = try home.command(["import", "-", "--delete-source"] + protected(home))
        command.input = .bytes(Array(home.client.file(tokenURI: "http://localhost:9/token").utf8))
        let variables = try home.command(
            ["import", "--from-environment", "--delete-source"] + protected(home),
            ["ISOGEO_CLIENT_ID": home.client.id, "ISOGEO_CLIENT_SECRET": home.client.secret.text]
        )
        for command in [command, variables] {
            let report = try await command.run()
            #expect(report.exitCode == 64 && report.errorText.contains("Only a file can be deleted"), "\(report)")
            home.client.secret.expectAbsent(in: report)
        }
        #expect(!home.exists(home.vaultFolder) && !home.exists(home.key))
    }

    // MARK: - Other sources

    @Test(arguments: [["-"], ["/dev/stdin"]]) func `standard input is read`(arguments: [String]) async throws {
        let home = try home()
        var command = try home.command(["import"] + arguments + protected(home))
        command.input = .bytes(Array(home.client.file(tokenURI: "http://localhost:9/token").utf8))
        let report = try await command.run()
        #expect(report.exitCode == 0, "\(report)")
        #expect(try await home.names() == ["atlas"])
    }

    @Test func `the environment's credential is taken`() async throws {
        let server = try await TokenServer.shared.value
        let home = try home()
        let report = try await home.run(
            "import",
            "--from-environment",
            "--protect",
            "key-file=\(home.key)",
            with: [
                "ISOGEO_API_GROUP_CLIENT_ID": home.client.id,
                "ISOGEO_API_GROUP_CLIENT_SECRET": home.client.secret.text, "ISOGEO_TOKEN_URL": server.url,
            ]
        )
        #expect(report.exitCode == 0 && !report.errorText.contains("in clear: delete it"), "\(report)")
        #expect(try await home.run("token").exitCode == 0)
        #expect(try server.requests(of: home.client).count == 1)
        let half = try await home.run(
            "import",
            "--from-environment",
            with: ["ISOGEO_API_GROUP_CLIENT_ID": "a"]
        )
        #expect(half.exitCode == 64 && half.errorText.contains("ISOGEO_API_GROUP_CLIENT_SECRET"), "\(half)")
    }

    @Test func `the SDK's INI file is taken, with its secret`() async throws {
        let server = try await TokenServer.shared.value
        let home = try home()
        let text = """
            [auth]
            CLIENT_TYPE = group
            CLIENT_ID = \(home.client.id)
            CLIENT_SECRET = \(home.client.secret.text)
            URI_TOKEN = \(server.url)

            """
        let report = try await importing(
            home,
            protected(home) + [try home.folder.write(text, to: "client_secrets.ini")]
        )
        #expect(report.exitCode == 0, "\(report)")
        #expect(try await home.run("token").exitCode == 0)
        #expect(try server.requests(of: home.client).count == 1)
    }
}
