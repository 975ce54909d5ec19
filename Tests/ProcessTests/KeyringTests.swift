import Foundation
import Testing
import VaultTestSupport

/// A vault whose key the desktop keeps: real keyrings, and neither an option nor a prompt.
@Suite(.serialized, .needsBinary)
struct KeyringTests {
    private static let sentence =
        "This desktop's keyring protects the vault, and opens it while the keyring is unlocked."

    private func expectImportAndTokens(with kind: DesktopKeyring.Kind) async throws {
        let server = try await TokenServer.shared.value
        let plain = try Home()
        let file = try plain.writeFile(tokenURI: server.url)
        var keyring = try await plain.startKeyring(kind)
        var home = plain.on(keyring)
        // KeePassXC writes its database a moment after a change.
        let database = home.folder("database.kdbx")
        let before = FileManager.default.contents(atPath: database)
        let made = try await home.run("import", file)
        #expect(made.exitCode == 0 && made.errorText.contains(Self.sentence), "\(made)")
        let deadline = ContinuousClock.now + Patience.end
        while before != nil, FileManager.default.contents(atPath: database) == before, .now < deadline {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(made.errorText.contains(Home.keyringAlone), "\(made)")
        let token = try await home.run("token")
        #expect(token.exitCode == 0 && token.errors.isEmpty && token.output.count > 10, "\(token)")
        let status = try await home.run("status")
        #expect(status.outputText.contains(#/opened by +keyring [0-9a-f]{8}; only/#), "\(status)")
        #expect(status.outputText.contains(Home.keyringAlone), "\(status)")

        try await keyring.stop()
        #expect(try await home.runSoon("token").exitCode == 69)
        keyring = try await plain.startKeyring(kind)
        home = plain.on(keyring)
        try await home.run("token").expectSuccess(token.outputText)
        try await home.expectWhole()
        try home.client.secret.expectAbsent(inFolder: home.folder("share"))
        #expect(try server.requests(of: home.client).count == 1)
        try await keyring.stop()
    }

    @Test(.needsKeyring) func `gnome-keyring keeps the key, and a token needs no option, also after a restart`()
        async throws
    {
        try await expectImportAndTokens(with: .unlocked)
    }

    @Test(.needsKeePassXC) func `so does KeePassXC`() async throws { try await expectImportAndTokens(with: .keepassxc) }

    @Test(.needsKeyring) func `the keyring's file doesn't tell the key, nor anything but ids and the vault's place`()
        async throws
    {
        let plain = try Home()
        let keyring = try await plain.startKeyring(.unlocked)
        let home = plain.on(keyring)
        #expect(try await home.run("import", try home.writeFile()).exitCode == 0)
        let found = try await Command(
            "gdbus",
            [
                "call", "--session", "-d", "org.freedesktop.secrets", "-o",
                "/org/freedesktop/secrets/collection/login/1",
                "-m", "org.freedesktop.DBus.Properties.GetAll", "org.freedesktop.Secret.Item",
            ],
            environment: home.environment
        ).run()
        #expect(found.outputText.contains("'Label': <'isogeo-vault key of \(home.vault)'>"), "\(found)")
        let attributes = try #require(found.outputText.firstMatch(of: /'Attributes': <\{(.*?)\}>/)).1
        let names = attributes.matches(of: /'([^']+)': '([^']+)'/).map { (String($0.1), String($0.2)) }
        #expect(Set(names.map(\.0)) == ["vault", "slot", "xdg:schema"])
        for (name, value) in names where name != "xdg:schema" { #expect(value.wholeMatch(of: /[0-9a-f]{32}/) != nil) }
        try await keyring.stop()
    }

    @Test(.needsKeyring) func `twenty at once ask the server once, and none fails`() async throws {
        let server = try await TokenServer.shared.value
        let plain = try Home()
        let keyring = try await plain.startKeyring(.unlocked)
        let home = plain.on(keyring)
        #expect(try await home.run("import", try home.writeFile(tokenURI: server.url)).exitCode == 0)
        let reports = try await withThrowingTaskGroup(of: ProcessReport.self) { group in
            for _ in 0..<20 { group.addTask { try await home.run("token") } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for report in reports { #expect(report.exitCode == 0 && report.errors.isEmpty, "\(report)") }
        #expect(Set(reports.map(\.outputText)).count == 1)
        #expect(try server.requests(of: home.client).count == 1)
        try await keyring.stop()
    }

    @Test(.needsKeyring) func `a vault without a keyring slot doesn't ask for one`() async throws {
        let home = try await Home.withVault()
        // An address at which connecting would fail, and say so.
        let changes = ["DBUS_SESSION_BUS_ADDRESS": "unix:path=\(home.folder("nowhere"))", "ISOGEO_VAULT_KEY_FILE": nil]
        let report = try await home.runSoon("list", with: changes)
        #expect(report.exitCode == 77 && report.errorText.contains("nothing says how to open it"), "\(report)")
    }

    @Test(.needsKeyring) func `another key is added to it, and it to another, and its item goes with it`() async throws
    {
        let plain = try await Home.withVault()
        let keyring = try await plain.startKeyring(.unlocked)
        let home = plain.on(keyring)
        #expect(try await home.run("key", "add", "keyring").exitCode == 0)
        try await home.run("list", "-q", with: ["ISOGEO_VAULT_KEY_FILE": nil]).expectSuccess()
        // A second one there would be lost with the first.
        try await home.run("key", "add", "keyring").expectFailure(
            64,
            "This desktop's keyring opens this vault already.",
            "Add a key of another kind; for a new key in the keyring: isogeo-vault key change keyring keyring"
        )
        #expect(try await home.items() == 1)
        // A new key in the place of the old one.
        #expect(try await home.run("key", "change", "keyring", "keyring").exitCode == 0)
        try await home.run("list", "-q", with: ["ISOGEO_VAULT_KEY_FILE": nil]).expectSuccess()
        #expect(try await home.items() == 1)
        // A recovery code in its place takes the item away as well.
        let code = home.folder("code")
        #expect(try await home.run("key", "change", "keyring", "recovery", "--output", code).exitCode == 0)
        #expect(try await home.items() == 0)
        #expect(try await home.run("key", "add", "keyring").exitCode == 0)
        let status = try await home.run("status")
        #expect(!status.outputText.contains("only this desktop"), "\(status)")
        try await home.run("key", "remove", "keyring").expectSuccess(
            "",
            errors:
                "isogeo-vault: Removed the key slot keyring. Its key, where it still exists, opens older copies of "
                + "the vault.\n"
        )
        #expect(try await home.items() == 0)
        try await keyring.stop()
    }

    @Test(.needsKeyring) func `a slot is removed without its keyring, and the item that stays is named`() async throws {
        let plain = try await Home.withVault()
        let keyring = try await plain.startKeyring(.unlocked)
        #expect(try await plain.on(keyring).run("key", "add", "keyring").exitCode == 0)
        try await keyring.stop()
        let removed = try await plain.run("key", "remove", "keyring")
        #expect(removed.exitCode == 0, "\(removed)")
        #expect(
            removed.errorText.hasPrefix(
                "isogeo-vault: warning: The keyring keeps an item that opens nothing any more: “isogeo-vault key of "
                    + "\(plain.vault)”. There is no session bus here, and so no desktop keyring.\n"
            ),
            "\(removed)"
        )
        #expect(try await plain.slots().map(\.kind) == ["key-file"])
    }

    @Test(.needsKeyring) func `where the keyring can't, a passphrase is asked for, and why is said`() async throws {
        let plain = try Home()
        let keyring = try await plain.startKeyring(.unlocked)
        let home = plain.on(keyring)
        #expect(try await home.run("import", try home.writeFile()).exitCode == 0)
        let passphrase = try home.folder.write("open sesame", to: "passphrase")
        #expect(try await home.run("key", "add", "passphrase", "--new-passphrase-file", passphrase).exitCode == 0)
        try await keyring.stop()
        // Without anybody who could be asked the keyring's reason is the answer.
        try await plain.run("list").expectFailure(
            69,
            "There is no session bus here, and so no desktop keyring.",
            "Run it in your desktop's session; over SSH, in cron or in a container use another key: --key-file, "
                + "--passphrase-file."
        )
        let terminal = try plain.command(["list"]).startOnTerminal()
        try await terminal.expect("no desktop keyring. The vault's passphrase will do.")
        try await terminal.expect("Passphrase of the vault: ")
        #expect(await terminal.waitForEcho(false))
        terminal.type("open sesame\n")
        let report = try await terminal.process.outcome()
        #expect(report.exitCode == 0 && report.outputText.contains("atlas"), "\(report)")
    }
}
