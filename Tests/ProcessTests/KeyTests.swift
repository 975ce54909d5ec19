import Foundation
import Testing
import VaultTestSupport

/// Key slots: listed, added, changed, removed.
@Suite(.serialized, .needsBinary)
struct KeyTests {
    /// Makes a key file as another process does whose vault can't be written: locked, and taken away at the end.
    private static let maker = """
        import fcntl, os, struct, sys
        path = sys.argv[1]
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(file, os.urandom(32).hex().encode())
        fcntl.fcntl(file, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 1 << 61, 1, 0))
        print("made", flush=True)
        sys.stdin.read()
        os.unlink(path)
        """

    @Test func `a key file that its maker takes away again is no new vault's`() async throws {
        var home = try Home()
        var command = Command("python3", ["-c", Self.maker, home.key])
        command.input = .open
        let maker = try command.start()
        try await maker.expect("made")
        home.environment["ISOGEO_VAULT_KEY_FILE"] = home.key
        let file = try home.writeFile()
        let importing = try home.command(["import", file]).start()
        // Long enough, as a rule, for the import to have read the file; it may not succeed in any case.
        try await Task.sleep(for: .milliseconds(500))
        maker.closeInput()
        let report = try await importing.outcome()
        #expect(report.exitCode == 77, "\(report)")
        #expect(!home.exists(home.vault) && !home.exists(home.key))
    }

    @Test func `the first slot is listed, for people and for programs`() async throws {
        let home = try await Home.withVault()
        let slots = try await home.slots()
        #expect(slots.map(\.kind) == ["key-file"])
        let listed = try await home.run("key", "list")
        listed.expectSuccess()
        let lines = listed.outputText.split(separator: "\n")
        #expect(lines.count == 2 && lines[0].hasPrefix("ID"))
        #expect(lines[1].hasPrefix("\(slots[0].id)  key-file  20"))
    }

    @Test func `a key file is made for a new slot, and opens the vault`() async throws {
        let home = try await Home.withVault()
        let first = try await home.slots()[0]
        let second = home.folder("second")
        let added = try await home.run("key", "add", "key-file=\(second)")
        let slot = try #require(try await home.slots().first { $0 != first })
        added.expectSuccess("", errors: "isogeo-vault: Added the key slot key-file \(slot.id).\n")
        #expect(try await home.slots().count == 2)
        #expect(try home.mode(of: second) == 0o600)
        try await home.run("list", "-q", "--key-file", second).expectSuccess()
        try await home.expectWhole()
        #expect(try await home.events().last == "key-added")
    }

    @Test func `a passphrase is added, changed and removed`() async throws {
        let home = try await Home.withVault()
        let (first, second) = (Canary(), Canary())
        let firstFile = try home.folder.write(first.text, to: "first")
        let secondFile = try home.folder.write(second.text + "\n", to: "second")
        let added = try await home.run("key", "add", "passphrase", "--new-passphrase-file", firstFile)
        #expect(added.exitCode == 0, "\(added)")
        #expect(try await home.names(["--passphrase-file", firstFile]) == ["atlas"])
        // By the slot that is changed, and the new one through a descriptor.
        let descriptor = try Descriptor(opening: secondFile, O_RDONLY)
        let changed = try await home.run(
            "key",
            "change",
            "passphrase",
            "passphrase",
            "--new-passphrase-fd",
            "3",
            "--passphrase-file",
            firstFile,
            descriptors: [3: descriptor]
        )
        #expect(changed.exitCode == 0, "\(changed)")
        #expect(changed.errorText.hasPrefix("isogeo-vault: The key slot passphrase is now passphrase "))
        #expect(try await home.run("list", "--passphrase-file", firstFile).exitCode == 77)
        #expect(try await home.names(["--passphrase-file", secondFile]) == ["atlas"])
        #expect(try await home.slots().map(\.kind).sorted() == ["key-file", "passphrase"])
        try await home.run("key", "remove", "passphrase").expectSuccess(
            "",
            errors:
                "isogeo-vault: Removed the key slot passphrase. Its key, where it still exists, opens older copies "
                + "of the vault.\n"
        )
        #expect(try await home.run("list", "--passphrase-file", secondFile).exitCode == 77)
        #expect(try await home.events().suffix(3) == ["key-added", "key-changed", "key-removed"])
        for secret in [first, second] { try secret.expectAbsent(inFolder: home.vaultFolder) }
        try await home.expectWhole()
    }

    @Test func `a passphrase that nobody can be asked for is not made up`() async throws {
        let home = try await Home.withVault()
        try await home.run("key", "add", "passphrase").expectFailure(
            64,
            "There is no terminal to ask for the new passphrase on.",
            "Give it with --new-passphrase-file PATH or --new-passphrase-fd NUMBER."
        )
        #expect(try await home.slots().count == 1)
    }

    @Test func `a new passphrase is asked for on a terminal, twice`() async throws {
        let (home, passphrase) = (try await Home.withVault(), Canary())
        let terminal = try home.command(["key", "change", "key-file", "passphrase"]).startOnTerminal()
        for prompt in ["New passphrase of the vault: ", "The same again: "] {
            try await terminal.expect(prompt)
            #expect(await terminal.waitForEcho(false))
            terminal.type(passphrase.text + "\n")
        }
        let report = try await terminal.process.outcome()
        #expect(report.exitCode == 0, "\(report)")
        passphrase.expectAbsent(in: report)
        #expect(try await home.run("list").exitCode == 77)
        let file = try home.folder.write(passphrase.text, to: "passphrase")
        #expect(try await home.names(["--passphrase-file", file]) == ["atlas"])
    }

    @Test func `what opens the vault already is no second way in`() async throws {
        let home = try await Home.withVault()
        let passphrase = try home.folder.write("a passphrase", to: "passphrase")
        let again = try home.folder.write("a passphrase\n", to: "again")
        try await home.run("key", "add", "passphrase", "--new-passphrase-file", passphrase, "-q").expectSuccess()
        let slots = try await home.slots()
        for arguments in [["add"], ["change", "key-file"], ["change", "passphrase"]] {
            try await home.command(["key"] + arguments + ["key-file=\(home.key)"]).run().expectFailure(
                64,
                "The key file \(home.key) opens this vault already.",
                "Name a file that doesn't exist yet, or use rekey."
            )
            let words = ["passphrase", "--new-passphrase-file", again]
            try await home.command(["key"] + arguments + words).run().expectFailure(
                64,
                "The passphrase in \(again) opens this vault already.",
                "Choose another passphrase, or add a key of another kind."
            )
        }
        #expect(try await home.slots() == slots)
        // Nothing is made for a slot that isn't there.
        #expect(try await home.run("key", "change", "zz", "key-file=\(home.folder("new"))").exitCode == 64)
        #expect(!home.exists(home.folder("new")))
        try await home.expectWhole()
    }

    @Test func `the last slot stays`() async throws {
        let home = try await Home.withVault()
        try await home.run("key", "remove", "key-file").expectFailure(
            64,
            "A vault has 1 to 16 key slots.",
            "Add another key before you remove the last one."
        )
        try await home.run("list", "-q").expectSuccess()
    }

    @Test func `a slot that isn't there, or means two, is refused`() async throws {
        let home = try await Home.withVault()
        let own = try await home.slots()[0]
        #expect(try await home.run("key", "add", "key-file=\(home.folder("second"))").exitCode == 0)
        for (name, sentence) in [
            ("recovery", "The vault has no key slot recovery."), ("zz", "The vault has no key slot zz."),
            ("key-file", "key-file means more than one key slot."),
        ] {
            for arguments in [["remove", name], ["change", name, "key-file=\(home.folder("third"))"]] {
                let report = try await home.command(["key"] + arguments).run()
                #expect(report.exitCode == 64 && report.errorText.contains(sentence), "\(report)")
            }
        }
        let slot = try #require(try await home.slots().first { $0 != own })
        #expect(try await home.run("key", "remove", slot.id.uppercased()).exitCode == 0)
        #expect(try await home.slots() == [own])
    }

    @Test func `a fifth passphrase is refused`() async throws {
        let home = try await Home.withVault()
        for number in 0..<5 {
            let file = try home.folder.write("passphrase \(number)", to: "passphrase-\(number)")
            let report = try await home.run("key", "add", "passphrase", "--new-passphrase-file", file)
            if number < 4 { #expect(report.exitCode == 0, "\(report)") }
            guard number == 4 else { continue }
            report.expectFailure(
                64,
                "A vault has at most 4 passphrases: each is tried, and each try takes its time.",
                "Remove one with `key remove`, or add a key file."
            )
        }
        #expect(try await home.slots().count == 5)
        try await home.run("list", "-q", "--passphrase-file", home.folder("passphrase-3")).expectSuccess()
    }

    @Test func `a seventeenth slot is refused`() async throws {
        let home = try await Home.withVault()
        for number in 2...16 {
            #expect(try await home.run("key", "add", "key-file=\(home.folder("key-\(number)"))").exitCode == 0)
        }
        for arguments in [["key-file=\(home.folder("key-17"))"], ["recovery", "--output", home.folder("code")]] {
            let report = try await home.command(["key", "add"] + arguments).run()
            report.expectFailure(64, "A vault has 1 to 16 key slots.", "Remove a key that you no longer need.")
        }
        // No code was shown for which there is no room.
        #expect(!home.exists(home.folder("code")))
        #expect(try await home.slots().count == 16)
        try await home.run("list", "-q", "--key-file", home.folder("key-16")).expectSuccess()
    }

    @Test(arguments: [
        "UPDATE slot SET commitment = zeroblob(32) WHERE id != ?",
        "UPDATE slot SET created = created + 1 WHERE id != ?",
        "UPDATE slot SET kind = 'passphrase' WHERE id != ?", "DELETE FROM slot WHERE id != ?",
    ])
    func `removing a slot that was edited, or taken away, puts the vault right again`(edit: String) async throws {
        let home = try await Home.withVault()
        let own = try await home.slots()[0]
        #expect(try await home.run("key", "add", "key-file=\(home.folder("second"))").exitCode == 0)
        let other = try #require(try await home.slots().first { $0.id != own.id })
        try await home.edit(
            """
            own = [row[0] for row in db.execute("SELECT id FROM slot") if row[0].hex().startswith("\(own.id)")]
            db.execute("\(edit)", own)
            """
        )
        let refused = try await home.run("import", try home.writeFile(), "--name", "b")
        #expect(refused.exitCode == 72 && refused.errorText.contains("so nothing is changed"), "\(refused)")
        // The message says what to remove.
        #expect(refused.errorText.contains(other.id), "\(refused)")
        let found = try await home.run("verify")
        #expect(found.exitCode == 72 && found.outputText.contains("A key slot isn't as it was written: "), "\(found)")
        let removed = try await home.run("key", "remove", other.id)
        #expect(removed.exitCode == 0, "\(removed)")
        try await home.run("import", "-q", try home.writeFile(), "--name", "b").expectSuccess()
        try await home.expectWhole()
        #expect(try await home.slots() == [own])
    }
}
