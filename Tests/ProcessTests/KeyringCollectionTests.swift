import Foundation
import Testing
import VaultTestSupport

/// Several collections in one keyring: what is open is used, whatever the default one is, and no dialog is shown that
/// isn't needed.
@Suite(.serialized, .needsBinary)
struct KeyringCollectionTests {
    private static let locked = (
        "The desktop keyring is locked, and there is no way to ask you to unlock it.",
        "Unlock it on the desktop and try again, or use another key: --key-file, --passphrase-file, --recovery."
    )
    /// With a display a dialog would be announced.
    private static let display: [String: String?] = ["DISPLAY": ":99"]
    private static let withoutKeyFile: [String: String?] = ["ISOGEO_VAULT_KEY_FILE": nil]

    /// A home with a vault that a key file and the keyring open, the keyring's key in a collection of this name, and
    /// `second` next to `login`, both open.
    private func made(keyIn collection: String) async throws -> (Home, DesktopKeyring) {
        let plain = try await Home.withVault(askingAt: try await TokenServer.shared.value.url)
        let keyring = try await plain.startKeyring(.unlocked)
        let home = plain.on(keyring)
        try await home.tamper("collection", "second")
        try await home.makeDefault(collection)
        try await home.run("key", "add", "keyring", "-q").expectSuccess()
        try #require(try await home.items(in: collection) == 1)
        return (home, keyring)
    }

    @Test(.needsKeyring, .needsPythonOnBus) func `a locked default collection hides no key in another one`()
        async throws
    {
        let (home, keyring) = try await made(keyIn: "login")
        try await home.makeDefault("second")
        try await home.lock("second")
        let changes = Self.withoutKeyFile.merging(Self.display) { $1 }
        try await home.run("list", with: changes).expectSuccess()
        try await home.run("key", "list", "--no-prompt", with: Self.withoutKeyFile).expectSuccess()
        let token = try await home.run("token", with: changes)
        #expect(token.exitCode == 0 && token.errors.isEmpty && token.output.count > 10, "\(token)")

        let doctor = try await home.run("doctor", "--json", with: Self.withoutKeyFile)
        let checks = try #require(try doctor.json["checks"] as? [[String: Any]])
            .filter { $0["check"] as? String == "keyring" }
        #expect(checks.compactMap { $0["level"] as? String } == ["ok", "note"], "\(doctor)")
        #expect((checks.last?["sentence"] as? String)?.hasSuffix(Self.locked.0) == true, "\(doctor)")

        // New keys go into the default collection, which takes its password; nothing changes without it.
        for call in [["rekey", "-q"], ["key", "change", "keyring", "keyring"]] {
            let refused = try await home.command(call, Self.withoutKeyFile).run()
            #expect(refused.exitCode == 77 && refused.errorText.contains(Self.locked.0), "\(refused)")
        }
        try await home.run("list", with: Self.withoutKeyFile).expectSuccess()
        #expect(try await home.items() == 1)
        // A second key in the same keyring is refused as before.
        #expect(try await home.run("key", "add", "keyring").exitCode == 64)

        let removed = try await home.run("key", "remove", "keyring")
        #expect(removed.exitCode == 0 && !removed.errorText.contains("warning"), "\(removed)")
        #expect(try await home.items() == 0)
        try await keyring.stop()
    }

    @Test(.needsKeyring, .needsPythonOnBus) func `a locked twin of an open item is in nobody's way, and isn't deleted`()
        async throws
    {
        let (home, keyring) = try await made(keyIn: "login")
        try await home.tamper("copy", Home.collection("second"))
        for standard in ["login", "second"] {
            try await home.makeDefault(standard)
            try await home.lock("second")
            try await home.run("list", with: Self.withoutKeyFile.merging(Self.display) { $1 }).expectSuccess()
        }
        let removed = try await home.run("key", "remove", "keyring")
        #expect(removed.exitCode == 0 && removed.errorText.contains("warning: The keyring keeps an item"), "\(removed)")
        #expect(removed.errorText.contains(Self.locked.0))
        #expect(try await home.items() == 0)
        try await keyring.stop()
    }

    @Test(.needsKeyring, .needsPythonOnBus)
    func `an open twin that is no key isn't the answer where the key itself is locked`() async throws {
        let (home, keyring) = try await made(keyIn: "second")
        try await home.tamper("copy", Home.collection("login"))
        for standard in ["login", "second"] {
            try await home.makeDefault(standard)
            try await home.run("list", with: Self.withoutKeyFile).expectSuccess()
        }
        try await home.lock("second")
        for standard in ["login", "second"] {
            try await home.makeDefault(standard)
            try await home.runSoon("list", with: Self.withoutKeyFile).expectFailure(77, Self.locked.0, Self.locked.1)
            // There is nothing on this bus that could show the dialog.
            let asked = try await home.runSoon("list", with: Self.withoutKeyFile.merging(Self.display) { $1 })
            #expect(asked.exitCode == 77 && asked.errorText.contains("Waiting for the keyring's dialog…"), "\(asked)")
        }
        try await keyring.stop()
    }

    @Test(.needsKeyring, .needsPythonOnBus) func `a default collection that opens by itself leaves others closed`()
        async throws
    {
        let (home, keyring) = try await made(keyIn: "login")
        try await keyring.stop()
        let wallets = try await home.startKeyring(.wallets)
        // It finds the item in the one, without a dialog for the other; then it is refused as a service in clear is.
        let report = try await home.on(wallets).runSoon("list", with: Self.withoutKeyFile)
        #expect(report.exitCode == 69 && report.errorText.contains("in clear over the bus"), "\(report)")
        let asked = String(decoding: try home.folder.read("asked"), as: UTF8.self).split(separator: "\n")
        #expect(asked.count { $0 == "Unlock" } == 1, "\(asked)")
        try await wallets.stop()
    }

    /// A home with a vault whose key is in a database of KeePassXC's that isn't open now.
    private func madeWithKeePassXC() async throws -> Home {
        let plain = try Home()
        let first = try await plain.startKeyring(.keepassxc)
        let database = plain.folder("database.kdbx")
        let before = FileManager.default.contents(atPath: database)
        try await plain.on(first).run("import", "-q", try plain.writeFile()).expectSuccess()
        let deadline = ContinuousClock.now + Patience.end
        // KeePassXC writes its database a moment after a change.
        while FileManager.default.contents(atPath: database) == before, .now < deadline {
            try await Task.sleep(for: .milliseconds(20))
        }
        try await first.stop()
        return plain
    }

    @Test(.needsKeePassXC) func `a database that is open gives its key behind one that is closed, and no dialog`()
        async throws
    {
        let plain = try await madeWithKeePassXC()
        let hidden = try await plain.startKeyring(.hiddenKeePassXC)
        try await plain.on(hidden, hasDisplay: true).runSoon("list", "-q").expectSuccess()
        try await plain.on(hidden).runSoon("list", "--no-prompt", "-q").expectSuccess()
        try await hidden.stop()
    }

    @Test(.needsKeePassXC) func `what is in a closed database isn't taken for missing, whatever else is open`()
        async throws
    {
        let plain = try await madeWithKeePassXC()
        let closed = try await plain.startKeyring(.closedKeePassXC)
        try await plain.on(closed).runSoon("list").expectFailure(77, Self.locked.0, Self.locked.1)
        try await closed.stop()
        // The same database next to an open one.
        try FileManager.default.moveItem(atPath: plain.folder("database.kdbx"), toPath: plain.folder("second.kdbx"))
        let beside = try await plain.startKeyring(.closedBesideKeePassXC)
        try await plain.on(beside).runSoon("list").expectFailure(77, Self.locked.0, Self.locked.1)
        let asking = try plain.on(beside, hasDisplay: true).command(["list"]).start()
        let waits = "Waiting for the keyring's dialog…"
        let said = await asking.wait { $0.errorText.contains(waits) }
        #expect(said.errorText.contains(waits), "\(said)")
        asking.send(SIGKILL)
        _ = try await asking.outcome()
        try await beside.stop()
    }
}
