import Foundation
import Testing
import VaultTestSupport

/// A vault that was edited on the disk is refused by name, and gives nothing.
@Suite(.serialized, .needsBinary)
struct EditedVaultTests {
    private static let damaged = "Restore a backup; trying again doesn't help."

    /// Inserts a statement into the schema that SQLite itself would not have let in.
    private static func planting(_ type: String, _ name: String, _ sql: String) -> String {
        """
        db.execute("PRAGMA writable_schema = ON")
        db.execute("INSERT INTO sqlite_schema VALUES ('\(type)', '\(name)', 'application', 0, ?)", ["\(sql)"])
        """
    }

    @Test(
        arguments: [
            ("db.execute('UPDATE header SET tag = zeroblob(32)')", "its header was edited."),
            ("db.execute('UPDATE header SET generation = generation + 1')", "its header was edited."),
            ("db.execute('UPDATE header SET created = created + 1')", "its header was edited."),
            ("db.execute('UPDATE header SET state = zeroblob(length(state))')", "its header was edited."),
            ("db.execute('DELETE FROM header')", nil),
            ("db.execute('UPDATE slot SET created = created + 1')", nil),
            ("db.execute('UPDATE slot SET commitment = zeroblob(32)')", nil),
            ("db.execute('UPDATE slot SET salt = zeroblob(16)')", nil),
            ("db.execute('UPDATE slot SET wrapped_key = zeroblob(72)')", nil),
            ("db.execute(\"UPDATE slot SET kind = 'passphrase'\")", nil),
            ("db.execute('DELETE FROM slot')", nil),
            (
                "db.execute('UPDATE application SET secret = zeroblob(length(secret))')",
                "its applications are not those that were written, or partly older."
            ),
            (
                "db.execute('UPDATE application SET metadata = zeroblob(length(metadata))')",
                "its applications are not those that were written, or partly older."
            ),
            (
                "db.execute('CREATE TRIGGER t AFTER DELETE ON token BEGIN DELETE FROM application; END')",
                "the trigger t isn't ours."
            ),
            ("db.execute('CREATE TABLE extra (a)')", "the table extra isn't ours."),
            ("db.execute('CREATE VIEW v AS SELECT secret FROM application')", "the view v isn't ours."),
            ("db.execute('CREATE INDEX i ON token (box)')", "the index i isn't ours."),
            (
                """
                db.execute("PRAGMA writable_schema = ON")
                db.execute("UPDATE sqlite_schema SET sql = replace(sql, 'BETWEEN 40', 'BETWEEN 4') WHERE name = 'session'")
                """, "the table session isn't as it was made."
            ),
            ("db.execute('DROP INDEX token_expires')", "the index token_expires is missing."),
            (planting("trigger", "x", "CREATE TRIGGER x AFTER INSERT ON token BEGIN SELECT 1; END"), nil),
        ] as [(String, String?)]
    )
    func `an edit on the disk is seen`(edit: String, what: String?) async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        // The edited vault has a token that needs no request.
        try #require(await home.run("token").exitCode == 0)
        try await home.edit(edit)
        for others in [["show"], ["exec", "--", "/bin/echo", "started"], ["rename", "atlas", "globe"]] {
            let report = try await home.command(others).run()
            #expect(report.exitCode == 72 && report.output.isEmpty, "\(others): \(report)")
        }
        let report = try await home.run("token")
        if let what {
            let sentence =
                what.hasPrefix("the ") && !what.hasPrefix("the slot")
                ? "The vault at \(home.vault) is damaged: \(what)" : "The vault is damaged: \(what)"
            report.expectFailure(72, sentence, Self.damaged)
        } else {
            #expect(report.exitCode == 72 && report.output.isEmpty, "\(report)")
            #expect(report.errorText.contains("damaged") && report.errorText.contains("backup"), "\(report)")
        }
        #expect(try server.requests(of: home.client).count == 1)
    }

    @Test func `an application of another vault isn't taken`() async throws {
        let server = try await TokenServer.shared.value
        let (home, other) = (
            try await Home.withVault(askingAt: server.url), try await Home.withVault(askingAt: server.url)
        )
        try await home.edit(
            """
            row = sqlite3.connect("\(other.vault)").execute("SELECT * FROM application").fetchone()
            db.execute("DELETE FROM application")
            db.execute("INSERT INTO application VALUES (?, ?, ?, ?)", row)
            """
        )
        #expect(try await home.run("token").exitCode == 72)
        #expect(try await home.run("list").exitCode == 72)
    }

    @Test func `a token that was edited is a miss`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        let first = try await home.run("token")
        try await home.edit("db.execute('UPDATE token SET box = zeroblob(length(box))')")
        let second = try await home.run("token")
        second.expectSuccess()
        #expect(first.output != second.output)
        // Longer than it was granted, it isn't one either.
        try await home.edit("db.execute('UPDATE token SET expires = expires + 9')")
        #expect(try await home.run("token").output != second.output)
        #expect(try server.requests(of: home.client).count == 3)
    }

    @Test func `another slot that was edited is named, and the vault isn't changed before that is put right`()
        async throws
    {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        let (random, commitment) = ("randomblob(16)", "randomblob(32)")
        try await home.edit(
            """
            db.execute("INSERT INTO slot VALUES (\(random), 'passphrase', 1, x'', \(random), \(commitment), randomblob(72))")
            """
        )
        let token = try await home.run("token")
        #expect(token.exitCode == 0 && token.errorText.contains("warning: In this vault the slot "), "\(token)")
        let changed = try await home.run("import", try home.writeFile(), "--name", "b")
        #expect(changed.exitCode == 72 && changed.errorText.contains("so nothing is changed"), "\(changed)")
    }

    @Test func `a wrong key is a wrong key, also where a slot was edited`() async throws {
        let home = try await Home.withVault()
        let other = try home.folder.write(String(repeating: "0", count: 64), to: "other")
        #expect(try await home.run("list", "--key-file", other).exitCode == 77)
        try await home.edit("db.execute('UPDATE slot SET commitment = zeroblob(32)')")
        #expect(try await home.run("list", "--key-file", home.folder("missing")).exitCode == 77)
    }

    @Test func `a database of another program isn't touched`() async throws {
        let home = try Home()
        let path = home.folder("other.db")
        let made = try await Command(
            "python3",
            [
                "-c",
                "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute('CREATE TABLE t (a)'); d.commit()",
                path,
            ]
        ).run()
        try #require(made.exitCode == 0)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        let before = try home.folder.read("other.db")
        for arguments in [["list"], ["import", try home.writeFile(), "--protect", "key-file=\(home.key)"]] {
            let report = try await home.command(arguments + ["--vault", path]).run()
            #expect([72, 78].contains(report.exitCode) && report.output.isEmpty, "\(report)")
        }
        #expect(try home.folder.read("other.db") == before)
        #expect(!FileManager.default.fileExists(atPath: home.key))
    }

    @Test func `a later format is refused by name`() async throws {
        let home = try await Home.withVault()
        try await home.edit("db.execute('PRAGMA user_version = 3')")
        try await home.run("token").expectFailure(
            78,
            "The vault at \(home.vault) has format 3, which is newer than ours.",
            "Use the version that wrote it, or a later one."
        )
    }

    @Test(arguments: [2, 100, 4096, 5000]) func `a file that was cut off is refused`(count: Int) async throws {
        let home = try await Home.withVault()
        try #require(unsafe truncate(home.vault, count) == 0)
        let report = try await home.run("token")
        #expect(report.exitCode == 72 && report.output.isEmpty, "\(report)")
        // And nothing is put in its place.
        #expect(try await home.run("import", try home.writeFile()).exitCode == 72)
    }

    @Test func `an empty file is no vault yet`() async throws {
        let home = try await Home.withVault()
        try #require(unsafe truncate(home.vault, 0) == 0)
        #expect(try await home.run("token").exitCode == 66)
        let made = try await home.run("import", try home.writeFile(), "--protect", "key-file=\(home.key)")
        #expect(made.exitCode == 0 && made.errorText.contains("Made the vault"), "\(made)")
        try await home.run("list").expectSuccess()
    }

    @Test(arguments: ["a note", String(repeating: "note", count: 200)])
    func `another file in the place of a vault is never written over`(text: String) async throws {
        let home = try Home()
        let path = try home.folder.write(text, to: "note")
        let report = try await home.run(
            "import",
            try home.writeFile(),
            "--vault",
            path,
            "--protect",
            "key-file=\(home.key)"
        )
        #expect(report.exitCode == 72 && report.output.isEmpty, "\(report)")
        #expect(try home.folder.read("note") == Array(text.utf8))
        #expect(!FileManager.default.fileExists(atPath: home.key))
    }

    @Test func `noise in the place of a vault is refused`() async throws {
        let home = try await Home.withVault()
        let noise = (0..<8192).map { _ in UInt8.random(in: .min ... .max) }
        try home.folder.write(noise, to: "share/isogeo-vault/vault.db")
        let report = try await home.run("token")
        #expect([72, 78].contains(report.exitCode) && report.output.isEmpty, "\(report)")
    }
}
