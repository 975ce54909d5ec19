import Foundation
import Testing
import VaultTestSupport

/// Copies of a vault, and a copy that takes its place again.
@Suite(.serialized, .needsBinary)
struct BackupTests {
    private func backUp(_ home: Home, to name: String = "backup.db") async throws -> String {
        let path = home.folder(name)
        try await home.run("backup", path).expectSuccess("", errors: "isogeo-vault: Wrote the backup \(path).\n")
        return path
    }

    /// What was in the place of the vault before it was restored.
    private func kept(_ home: Home) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: home.vaultFolder).filter { $0.contains("before-restore") }
            .map { "\(home.vaultFolder)/\($0)" }
    }

    // MARK: - backup

    @Test func `a backup is a vault of its own, without tokens`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        #expect(try await home.run("token").exitCode == 0)
        let backup = try await backUp(home)
        #expect(try home.mode(of: backup) == 0o600)
        #expect(try await home.names(["--vault", backup]) == ["atlas"])
        let found = try await home.run("verify", "--json", "--vault", backup).json
        #expect(found["tokens"] as? Int == 0 && (found["findings"] as? [Any])?.isEmpty == true)
        try home.client.secret.expectAbsent(in: home.folder.read("backup.db"), named: "the backup")
        // And it gives tokens.
        #expect(try await home.run("token", "--vault", backup).exitCode == 0)
    }

    @Test(arguments: ["a note", ""]) func `what lies in a backup's place stays`(text: String) async throws {
        let home = try await Home.withVault()
        let path = try home.folder.write(text, to: "backup.db")
        for path in [path, try await backUp(home, to: "other.db"), home.vault] {
            try await home.run("backup", path)
                .expectFailure(73, "There is a file at \(path) already.", "Name another one.")
        }
        #expect(try home.folder.read("backup.db") == Array(text.utf8))
        try await home.expectWhole()
    }

    @Test(arguments: [
        "UPDATE application SET secret = zeroblob(length(secret))", "DELETE FROM application",
        "DELETE FROM log WHERE number = 1", "UPDATE header SET generation = generation + 1",
    ])
    func `a damaged vault isn't copied`(edit: String) async throws {
        let home = try await Home.withVault()
        try await home.edit("db.execute('\(edit)')")
        let report = try await home.run("backup", home.folder("backup.db"))
        #expect(report.exitCode == 72 && report.errorText.contains("damaged"), "\(report)")
        #expect(!home.exists(home.folder("backup.db")))
    }

    @Test func `a backup that is taken while another writes is a state that there was`() async throws {
        let home = try await Home.withVault()
        let file = try home.writeFile()
        let writer = Task {
            for number in 0..<12 { _ = try await home.run("import", "-q", file, "--name", "n\(number)") }
        }
        for number in 0..<6 {
            let backup = try await backUp(home, to: "backup-\(number).db")
            let names = try await home.names(["--vault", backup])
            #expect(names == Set(["atlas"] + (0..<names.count - 1).map { "n\($0)" }))
            #expect(try await home.run("verify", "--vault", backup).exitCode == 0)
        }
        try await writer.value
        // And one of them goes back into the vault's place.
        try await home.run("restore", "-q", home.folder("backup-0.db")).expectSuccess()
        #expect(try await home.names() == home.names(["--vault", home.folder("backup-0.db")]))
        try await home.expectWhole()
    }

    // MARK: - restore

    @Test func `a backup takes the vault's place, and what was there is kept`() async throws {
        let home = try await Home.withVault()
        let backup = try await backUp(home)
        try await home.run("import", "-q", try home.writeFile(), "--name", "b").expectSuccess()
        let generation = try await home.generation()
        let report = try await home.run("restore", backup)
        let kept = try kept(home)
        try #require(kept.count == 1, "\(report)")
        report.expectSuccess(
            "",
            errors: """
                isogeo-vault: Restored the vault from \(backup).
                isogeo-vault: The former vault is in \(kept[0]).

                """
        )
        #expect(try await home.names() == ["atlas"])
        #expect(try await home.names(["--vault", kept[0]]) == ["atlas", "b"])
        #expect(try home.mode(of: kept[0]) == 0o600)
        #expect(try await home.generation() > generation)
        #expect(try await home.events().last == "restored")
        try await home.expectWhole()
        // It can be changed again.
        try await home.run("import", "-q", try home.writeFile(), "--name", "c").expectSuccess()
        try await home.expectWhole()
    }

    @Test func `a backup is put where nothing lies`() async throws {
        let home = try await Home.withVault()
        let backup = try await backUp(home)
        try FileManager.default.removeItem(atPath: home.vaultFolder)
        try await home.run("restore", backup).expectSuccess(
            "",
            errors: "isogeo-vault: Restored the vault from \(backup).\n"
        )
        #expect(try kept(home).isEmpty)
        #expect(try await home.names() == ["atlas"])
        #expect(try home.mode(of: home.vaultFolder) == 0o700 && home.mode(of: home.vault) == 0o600)
        try await home.expectWhole()
    }

    @Test(arguments: [
        "UPDATE application SET secret = zeroblob(length(secret))", "DELETE FROM log",
        "UPDATE header SET tag = zeroblob(32)", "CREATE TABLE extra (a)",
    ])
    func `a damaged backup replaces nothing`(edit: String) async throws {
        let home = try await Home.withVault()
        let backup = try await backUp(home)
        try await home.run("import", "-q", try home.writeFile(), "--name", "b").expectSuccess()
        let script = "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute(sys.argv[2]); d.commit()"
        try #require(try await Command("python3", ["-c", script, backup, edit]).run().exitCode == 0)
        let report = try await home.run("restore", backup)
        #expect(report.exitCode == 72 && report.output.isEmpty, "\(report)")
        #expect(try await home.names() == ["atlas", "b"])
        #expect(try kept(home).isEmpty)
    }

    @Test func `a vault that was edited is put right by its backup`() async throws {
        let home = try await Home.withVault()
        let backup = try await backUp(home)
        try await home.edit("db.execute('UPDATE application SET secret = zeroblob(length(secret))')")
        #expect(try await home.run("verify").exitCode == 72)
        try await home.run("restore", "-q", backup).expectSuccess()
        try await home.expectWhole()
    }

    @Test func `another vault stays in its place`() async throws {
        let (home, other) = (try await Home.withVault(), try await Home.withVault())
        let backup = try await backUp(other)
        let report = try await home.run("restore", backup, "--key-file", other.key)
        #expect(report.exitCode == 73 && report.errorText.contains(home.vault), "\(report)")
        try await home.run("list", "-q").expectSuccess()
        #expect(try kept(home).isEmpty)
    }

    @Test func `a wrong key restores nothing`() async throws {
        let home = try await Home.withVault()
        let backup = try await backUp(home)
        try await home.run("import", "-q", try home.writeFile(), "--name", "b").expectSuccess()
        let other = try home.folder.write(String(repeating: "0", count: 64), to: "other")
        let report = try await home.run("restore", backup, "--key-file", other)
        #expect(report.exitCode == 77 && report.output.isEmpty, "\(report)")
        #expect(try await home.names() == ["atlas", "b"])
    }

    @Test func `a backup that isn't there is said`() async throws {
        let home = try await Home.withVault()
        let missing = home.folder("missing.db")
        try await home.run("restore", missing).expectFailure(
            66,
            "There is no backup at \(missing).",
            "Name a file that isogeo-vault backup has written."
        )
        try await home.expectWhole()
    }

    @Test func `a vault isn't restored from itself`() async throws {
        let home = try await Home.withVault()
        // By another name, too.
        try FileManager.default.createSymbolicLink(atPath: home.folder("link"), withDestinationPath: home.folder.path)
        let way = home.vault.replacing(home.folder.path, with: home.folder("link"))
        for path in [home.vault, way] {
            try await home.run("restore", path).expectFailure(
                64,
                "\(home.vault) is the vault itself, and not a backup of it.",
                "Name a file that isogeo-vault backup has written."
            )
        }
        #expect(try kept(home).isEmpty)
        try await home.expectWhole()
    }

    @Test func `restored again and again, what was there before is kept each time`() async throws {
        let home = try await Home.withVault()
        let backup = try await backUp(home)
        // Several of them within one second, whose names would be the same.
        for number in 1...6 {
            try await home.run("restore", "-q", backup).expectSuccess()
            #expect(try kept(home).count == number)
        }
        for path in try kept(home) { #expect(try await home.names(["--vault", path]) == ["atlas"]) }
    }

    @Test func `a process that has the vault open goes on`() async throws {
        var options = TokenServer.Options()
        options.holdsAnswers = true
        let server = try await TokenServer(options)
        let home = try await Home.withVault(askingAt: server.url)
        let backup = try await backUp(home)
        try await home.run("import", "-q", try home.writeFile(), "--name", "b").expectSuccess()
        let holder = try home.command(["token", "atlas"]).start()
        #expect(try await server.waitForRequests(1))
        try await home.run("restore", "-q", backup).expectSuccess()
        try server.release()
        let report = try await holder.outcome()
        #expect(report.exitCode == 0 && report.output.count == 65, "\(report)")
        try await home.expectWhole()
        #expect(try await home.names() == ["atlas"])
    }
}
