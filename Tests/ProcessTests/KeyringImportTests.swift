import Foundation
import Testing
import VaultTestSupport

/// What the first import takes to protect a vault, once.
@Suite(.serialized, .needsBinary)
struct KeyringImportTests {
    private static let choices = """
        Choose one of these:
          isogeo-vault import --protect key-file=PATH FILE         (PATH is made; keep a copy of it)
          isogeo-vault import --passphrase-file PATH FILE          (the passphrase is in PATH, mode 0600)
          isogeo-vault import --protect passphrase FILE            (on a terminal: you are asked for it)
          isogeo-vault import --protect keyring FILE               (in a desktop's session)
        """

    @Test(.needsKeyring) func `a keyring in clear is taken on an explicit word alone`() async throws {
        let plain = try Home()
        let keyring = try await plain.startKeyring(.plain)
        let home = plain.on(keyring)
        let file = try home.writeFile()
        let reason = "The desktop keyring has no password: its file is in clear."
        try await home.runSoon("import", "-q", file).expectFailure(
            64,
            "There is no vault yet, and nothing says how to protect a new one. \(reason)",
            Self.choices
        )
        #expect(!home.exists(home.vaultFolder))
        let files = try FileManager.default.contentsOfDirectory(atPath: home.folder("share/keyrings"))
        for name in files {
            #expect(!String(decoding: try home.folder.read("share/keyrings/\(name)"), as: UTF8.self).contains("isogeo"))
        }
        let made = try await home.run("import", "-q", file, "--protect", "keyring")
        #expect(made.exitCode == 0, "\(made)")
        try await home.run("list", "-q").expectSuccess()
        // The word of the person stands in the file, and the secret does not.
        try home.client.secret.expectAbsent(inFolder: home.folder("share"))
        try await keyring.stop()
    }

    @Test(.needsKeyring, .needsPythonOnBus) func `a keyring that isn't known is taken on an explicit word alone`()
        async throws
    {
        let plain = try Home()
        let keyring = try await plain.startKeyring(.unencryptedTransport)
        let home = plain.on(keyring)
        let reason =
            "Whether the desktop keyring keeps keys under a password isn't known: it is neither gnome-keyring nor "
            + "KeePassXC."
        try await home.runSoon("import", "-q", try home.writeFile()).expectFailure(
            64,
            "There is no vault yet, and nothing says how to protect a new one. \(reason)",
            Self.choices
        )
        #expect(try await home.run("doctor").outputText.contains(reason))
        // On the word it is taken, and then refused for what it is.
        let named = try await home.runSoon("import", "-q", try home.writeFile(), "--protect", "keyring")
        #expect(named.exitCode == 69 && named.errorText.contains("in clear over the bus"), "\(named)")
        try await keyring.stop()
    }

    @Test(.needsKeyring) func `what is named goes before the keyring, and the keyring before a prompt`() async throws {
        let plain = try Home()
        let keyring = try await plain.startKeyring(.unlocked)
        let home = plain.on(keyring)
        let file = try home.writeFile()
        let passphrase = try home.folder.write("open sesame", to: "passphrase")
        #expect(try await home.run("import", file, "--passphrase-file", passphrase).exitCode == 0)
        #expect(try await home.run("status").outputText.contains(/opened by +passphrase [0-9a-f]{8}\n/))
        let elsewhere = home.folder("other/vault.db")
        let terminal = try home.command(["import", file, "--vault", elsewhere]).startOnTerminal()
        let report = try await terminal.process.outcome()
        #expect(report.exitCode == 0 && !report.outputText.contains("assphrase of"), "\(report)")
        // A person could write a code down.
        let code = try #require(report.outputText.firstMatch(of: /([0-9A-Z]{5}-){12}[0-9A-Z]{5}/)).0
        let codeFile = try home.folder.write(String(code), to: "code")
        let listed = try await home.run("list", "--vault", elsewhere, "--recovery", codeFile)
        #expect(listed.exitCode == 0 && listed.outputText.contains("atlas"), "\(listed)")
        #expect(!report.outputText.contains(Home.keyringAlone), "\(report)")
        try await keyring.stop()
    }

    @Test(.needsKeyring) func `a code that is declined is told by the audit trail, and by status until there is one`()
        async throws
    {
        let plain = try Home()
        let keyring = try await plain.startKeyring(.unlocked)
        let home = plain.on(keyring)
        let file = try home.writeFile()
        let terminal = try home.command(["import", file, "--no-recovery"]).startOnTerminal()
        let report = try await terminal.process.outcome()
        #expect(report.exitCode == 0 && report.outputText.contains(Home.keyringAlone), "\(report)")
        #expect(try await home.events() == ["created", "imported", "recovery-declined"])
        let again = try await home.run("import", file, "--name", "b")
        #expect(again.exitCode == 0 && again.errorText.contains("warning: \(Home.keyringAlone)"), "\(again)")
        #expect(try await home.run("key", "add", "recovery", "--output", home.folder("code")).exitCode == 0)
        let third = try await home.run("import", file, "--name", "c")
        #expect(third.exitCode == 0 && !third.errorText.contains(Home.keyringAlone), "\(third)")
        // One line with --protect serves the first import and each later one.
        #expect(try await home.run("import", file, "--protect", "keyring", "--replace").exitCode == 0)
        try await keyring.stop()
    }

    @Test(.needsKeyring) func `a keyring that can't be used is named, and then a passphrase is asked for`() async throws
    {
        let plain = try Home()
        let keyring = try await plain.startKeyring(.empty)
        let home = plain.on(keyring)
        let terminal = try home.command(["import", try home.writeFile()]).startOnTerminal()
        try await terminal.expect("has no default collection to keep a key in. So the vault gets a passphrase.")
        for prompt in ["New passphrase of the vault: ", "The same again: "] {
            try await terminal.expect(prompt)
            #expect(await terminal.waitForEcho(false))
            terminal.type("open sesame\n")
        }
        #expect(try await terminal.process.outcome().exitCode == 0)
        #expect(try await home.run("status").outputText.contains(/opened by +passphrase [0-9a-f]{8}\n/))
        try await keyring.stop()
    }

    @Test func `an explicit keyring that isn't there is no reason to take something else`() async throws {
        let home = try Home()
        let report = try await home.runSoon("import", try home.writeFile(), "-q", "--protect", "keyring")
        #expect(report.exitCode == 69 && report.errorText.contains("There is no session bus here"), "\(report)")
        #expect(!home.exists(home.vault))
    }

    @Test func `a key file that is named and isn't there could be made`() async throws {
        let home = try Home()
        let missing = home.folder("missing")
        try await home.run("import", try home.writeFile(), "-q", "--key-file", missing).expectFailure(
            77,
            "\(missing) can't be read: No such file or directory.",
            "Check the path and who may read it. To have it made for the new vault: --protect key-file=\(missing)"
        )
    }
}
