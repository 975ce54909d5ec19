import Foundation
import Testing
import VaultTestSupport

/// `rekey`, as people run it, and as the power cut leaves it.
@Suite(.serialized, .needsBinary)
struct RekeyTests {
    private static let rounds = TestPaths.isLongRun ? 200 : 15

    private func epoch(_ home: Home) async throws -> Int {
        let script =
            "import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute('SELECT key_epoch FROM header').fetchone())"
        let report = try await Command("python3", ["-c", script, home.vault]).run()
        return try #require(Int(report.outputText.dropLast()), "\(report)")
    }

    /// The copies of old keys next to the key file: one more is the last that is made before the vault is written.
    private func copies(_ home: Home) throws -> Set<String> {
        let names = try FileManager.default.contentsOfDirectory(atPath: home.folder.path)
        return Set(names.filter { $0.hasPrefix("key.old-") })
    }

    @Test(arguments: [false, true])
    func `killed at any moment, the vault has the key of before or of after, and its key file opens it`(
        _ isByPassphrase: Bool
    ) async throws {
        let server = try await TokenServer.shared.value
        var home = try await Home.withVault(askingAt: server.url)
        var arguments = ["rekey", "-q"]
        if isByPassphrase {
            let path = try home.folder.write("a passphrase", to: "passphrase")
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            try await home.run("key", "add", "passphrase", "--new-passphrase-file", path, "-q").expectSuccess()
            arguments += ["--passphrase-file", path, "--keep-key-file", home.key]
        }
        let token = try await home.run("token")
        token.expectSuccess()
        var longest = 60_000
        var seen: Set<Bool> = []
        // A passphrase takes its time, twice for each round.
        for _ in 0..<(isByPassphrase ? Self.rounds / 10 : Self.rounds) {
            let before = try await epoch(home)
            let (clock, copies) = (ContinuousClock.now, try copies(home))
            let process = try home.command(arguments).start()
            if Bool.random() {
                try await Task.sleep(for: .microseconds(Int.random(in: 0...(isByPassphrase ? 3_000_000 : longest))))
            } else {
                // Where it matters: from when the new key is next to the file to when it is in its place.
                while try self.copies(home) == copies, process.report.ending == nil {
                    try await Task.sleep(for: .microseconds(200))
                }
                try await Task.sleep(for: .microseconds(Int.random(in: 0...25_000)))
            }
            process.send(SIGKILL)
            let report = try await process.outcome()
            home.client.secret.expectAbsent(in: report)
            // So that the moments spread over all of it, on whatever machine.
            if report.exitCode == 0 { longest = max(20_000, Int((ContinuousClock.now - clock) / .microseconds(1))) }
            // By the same file, whatever it holds now; and a second time, when the first has put it right.
            for _ in 0..<2 { try await home.expectWhole() }
            let after = try await epoch(home)
            #expect([before, before + 1].contains(after))
            seen.insert(after > before)
            try await home.run("token").expectSuccess(token.outputText)
            #expect(try await home.slots().map(\.kind).contains("key-file"))
        }
        home.environment["ISOGEO_VAULT_KEY_FILE"] = home.key
        try await home.run(arguments[0], Array(arguments.dropFirst())).expectSuccess()
        try await home.run("token").expectSuccess(token.outputText)
        #expect(!seen.isEmpty)
    }

    @Test func `what is said, and what isn't`() async throws {
        let home = try await Home.withVault()
        let code = home.folder("code")
        try await home.run("key", "add", "recovery", "--output", code, "-q").expectSuccess()
        let slot = try #require(try await home.slots().first { $0.kind == "recovery" })
        try await home.run("rekey").expectFailure(
            64,
            "Nothing says whether these key slots stay or go: recovery \(slot.id).",
            "For each that stays give --keep-passphrase-file PATH or --keep-key-file PATH; for a recovery code, "
                + "a terminal or --output FILE; for each that goes --drop-slot ID."
        )
        let report = try await home.run("rekey", "--drop-slot", slot.id)
        let key = try #require(try await home.slots().first)
        report.expectSuccess(
            "",
            errors: """
                isogeo-vault: The vault has a new key. These key slots open it: key-file \(key.id).
                isogeo-vault: The old key is in \(home.key).old-\(key.id): it opens older backups, and this vault no more.

                """
        )
        #expect(try home.mode(of: home.key) == 0o600)
        #expect(try home.mode(of: "\(home.key).old-\(key.id)") == 0o600)
        #expect(try await home.events().last == "rekeyed")
    }

    @Test func `nobody types a passphrase in vain, and a wrong one changes nothing`() async throws {
        let home = try await Home.withVault()
        let second = home.folder("second")
        let file = try home.folder.write("a passphrase", to: "passphrase")
        try await home.run("key", "add", "key-file=\(second)", "-q").expectSuccess()
        try await home.run("key", "add", "passphrase", "--new-passphrase-file", file, "-q").expectSuccess()
        let slots = try await home.slots()
        let (before, slot) = (try await home.generation(), try #require(slots.first { $0.kind == "passphrase" }))
        let unsaid = try await home.command(["rekey"]).startOnTerminal().process.outcome()
        #expect(unsaid.exitCode == 64 && !unsaid.outputText.contains("Passphrase of"), "\(unsaid)")
        let terminal = try home.command(["rekey", "--keep-key-file", second]).startOnTerminal()
        try await terminal.expect("Passphrase of the key slot \(slot.id), made 20")
        #expect(await terminal.waitForEcho(false))
        terminal.type("wrong\n")
        try await terminal.expect("That isn't the passphrase of the key slot \(slot.id), and nothing was changed.")
        #expect(try await terminal.process.outcome().exitCode == 77)
        #expect(try await home.generation() == before)
        #expect(try await home.slots() == slots)
        let words = ["rekey", "--keep-passphrase-file", file, "--keep-key-file", second, "--keep-key-file", second]
        try await home.command(words).run().expectFailure(
            77,
            "The key file \(second) opens no key slot that isn't kept already.",
            "Omit it: no other slot is left to keep."
        )
        #expect(try await home.generation() == before)
    }

    @Test func `a lent key file keeps its key, and that is said`() async throws {
        let home = try await Home.withVault()
        let before = try home.folder.read("key")
        let report = try await home.run("rekey", "--shared-key-file", home.key)
        #expect(report.exitCode == 0 && report.errorText.contains("is a shared file and keeps its key"), "\(report)")
        #expect(try home.folder.read("key") == before)
        #expect(try await home.names() == ["atlas"])
    }

    @Test func `a vault that is put back is refused with 72, by the library and the plain token too`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        let old = try home.folder.read("share/isogeo-vault/vault.db")
        try await home.run("import", "-q", home.writeFile(), "--name", "later").expectSuccess()
        try FileManager.default.removeItem(atPath: home.vault)
        try home.folder.write(old, to: "share/isogeo-vault/vault.db")
        for arguments in [["token"], ["list"], ["verify"], ["token", "--min-ttl", "5"]] {
            try await home.command(arguments).run().expectFailure(
                72,
                "The vault at \(home.vault) is older than it was: change 1 where there was a change 2.",
                "Restore the newest backup: isogeo-vault restore FILE. Or, if you have put it back yourself, say so once "
                    + "with --accept-rollback: what was changed since then is lost, and old secrets and keys count again."
            )
        }
        // Without a key too it is said, though not proven.
        let status = try await home.run("status", with: ["ISOGEO_VAULT_KEY_FILE": nil])
        #expect(status.outputText.hasSuffix("older than it was when it was last opened here\n"), "\(status)")
        #expect(try await home.run("status", "--json").json["older_than_seen"] as? Bool == true)
        let finding = "finding  rollback: The vault's file is older than it was when it was last opened here."
        #expect(try await home.run("doctor").outputText.contains(finding))
        try await home.run("list", "--accept-rollback", "-q").expectSuccess()
        #expect(try await home.run("status", "--json").json["older_than_seen"] as? Bool == false)
        #expect(try await !home.run("doctor").outputText.contains("rollback"))
        #expect(try await home.run("token").exitCode == 0)
        #expect(try await home.events().contains("rollback-accepted"))
    }

    @Test func `without a home that can be written all works, and warnings come each time`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        let (random, commitment) = ("randomblob(16)", "randomblob(32)")
        try await home.edit(
            """
            db.execute("INSERT INTO slot VALUES (\(random), 'passphrase', 1, x'', \(random), \(commitment), randomblob(72))")
            """
        )
        let nowhere = ["XDG_STATE_HOME": "/dev/null"]
        for _ in 0..<2 {
            let report = try await home.run("token", with: nowhere)
            #expect(report.exitCode == 0 && report.errorText.contains("warning: In this vault the slot "), "\(report)")
        }
        let (first, second) = (try await home.run("token"), try await home.run("token"))
        #expect(first.errorText.contains("warning: In this vault the slot ") && second.errorText.isEmpty)
    }
}

extension Home {
    fileprivate func run(_ command: String, _ arguments: [String]) async throws -> ProcessReport {
        try await self.command([command] + arguments).run()
    }
}
