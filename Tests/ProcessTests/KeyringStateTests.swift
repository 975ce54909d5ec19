import Foundation
import Testing
import VaultTestSupport

/// What a keyring can be instead of there: each state is really made, told by its own sentence, and ends by itself.
@Suite(.serialized, .needsBinary)
struct KeyringStateTests {
    private static let otherKey = "use another key: --key-file, --passphrase-file"
    private static let gone = (
        "The desktop keyring, or its bus, ended while it was asked.",
        "Run it again; where it ends again, start it anew by logging out and in."
    )
    private static let silent = (
        "The desktop keyring doesn't answer.",
        "See whether it hangs, or waits for an answer on another screen; or \(otherKey)."
    )
    private static let locked = (
        "The desktop keyring is locked, and there is no way to ask you to unlock it.",
        "Unlock it on the desktop and try again, or \(otherKey), --recovery."
    )
    private static let noBus = "Run it in your desktop's session; over SSH, in cron or in a container \(otherKey)."

    /// A home with a vault that its keyring alone opens, and the keyring.
    private func made(with kind: DesktopKeyring.Kind) async throws -> (Home, DesktopKeyring) {
        let plain = try Home()
        let keyring = try await plain.startKeyring(kind)
        let home = plain.on(keyring)
        let made = try await home.run("import", "-q", try home.writeFile())
        try #require(made.exitCode == 0, "\(made)")
        return (home, keyring)
    }

    @Test(.needsKeyring) func `69, there is no bus, a dead one, or one that nobody made`() async throws {
        let (home, keyring) = try await made(with: .unlocked)
        try await keyring.stop()
        // A display must not have GDBus start a bus of its own.
        let changes = ["DBUS_SESSION_BUS_ADDRESS": nil, "DISPLAY": ":99"]
        let noBus = "There is no session bus here, and so no desktop keyring."
        try await home.runSoon("list", with: changes).expectFailure(69, noBus, Self.noBus)
        let report = try await home.runSoon("list", with: ["DBUS_SESSION_BUS_ADDRESS": keyring.bus])
        #expect(report.exitCode == 69, "\(report)")
        #expect(report.errorText.hasPrefix("isogeo-vault: The session bus can't be reached: "), "\(report)")
    }

    @Test func `78, an address at which no bus shows whose it is, and nothing is started or reached there`()
        async throws
    {
        let home = try await Home.withVault()
        let made = home.folder("made")
        let listener = """
            import socket, sys
            server = socket.create_server(("127.0.0.1", 0))
            server.setblocking(False)
            print(server.getsockname()[1], flush=True)
            sys.stdin.read()
            try:
                print("reached", server.accept())
            except BlockingIOError:
                print("not reached")
            """
        var listening = Command("python3", ["-c", listener])
        listening.input = .open
        let server = try listening.start()
        let port = try await server.expect("\n").outputText.prefix { $0 != "\n" }
        for (address, kind) in [
            ("autolaunch:", "autolaunch"), ("unixexec:path=/usr/bin/touch,argv1=\(made)", "unixexec"),
            ("unix:path=\(home.folder("none"));tcp:host=127.0.0.1,port=\(port)", "tcp"),
            ("nonsense", "nonsense"),
        ] {
            let changes = ["DBUS_SESSION_BUS_ADDRESS": address, "DISPLAY": ":99"]
            try await home.runSoon("key", "add", "keyring", with: changes).expectFailure(
                78,
                "DBUS_SESSION_BUS_ADDRESS has an address of the kind \(kind), and only a bus at unix: shows whose it is.",
                "Unset it, or set it as your desktop does (unix:path=/run/user/…/bus), or \(Self.otherKey)."
            )
        }
        #expect(!home.exists(made))
        server.closeInput()
        #expect(try await server.outcome().outputText == "\(port)\nnot reached\n")
    }

    @Test(.needsKeyring) func `69, a bus on which no keyring is, and a keyring without a collection`() async throws {
        let (home, keyring) = try await made(with: .unlocked)
        try await keyring.stop()
        let bus = try await home.startKeyring(.bus)
        try await home.on(bus).runSoon("list").expectFailure(
            69,
            "No desktop keyring is running: the session bus has no org.freedesktop.secrets.",
            "Start one (gnome-keyring, KWallet, or KeePassXC with its Secret Service switched on), or \(Self.otherKey)."
        )
        try await bus.stop()
        let elsewhere = try TemporaryDirectory()
        let empty = try await DesktopKeyring(.empty, home: elsewhere.path)
        try await home.on(empty).runSoon("list").expectFailure(
            69,
            "The desktop keyring has no default collection to keep a key in.",
            "Make one: a password keyring that is the default (Passwords and Keys), or in KeePassXC a database that is "
                + "open, with a group that is exposed."
        )
        try await empty.stop()
    }

    @Test(.needsKeyring) func `77, a locked keyring, and a dialog that is dismissed`() async throws {
        let (home, keyring) = try await made(with: .unlocked)
        try await keyring.stop()
        let closed = try await home.startKeyring(.locked)
        let desk = home.on(closed)
        try await desk.runSoon("list").expectFailure(77, Self.locked.0, Self.locked.1)
        // There is a display, and nothing on this bus that could show the dialog: gnome-keyring takes that for a no.
        try await desk.runSoon("list", with: ["DISPLAY": ":99"]).expectFailure(
            77,
            "The keyring's dialog was dismissed, or access was denied.",
            "Run it again and answer the dialog, or \(Self.otherKey), --recovery.",
            after: ["Waiting for the keyring's dialog…"]
        )
        try await desk.runSoon("list", "--no-prompt", with: ["DISPLAY": ":99"])
            .expectFailure(77, Self.locked.0, Self.locked.1)
        try await closed.stop()
    }

    @Test(.needsKeyring) func `77, another keyring doesn't have the item`() async throws {
        let (home, keyring) = try await made(with: .unlocked)
        try await keyring.stop()
        let elsewhere = try TemporaryDirectory()
        let other = try await DesktopKeyring(.unlocked, home: elsewhere.path)
        try await home.on(other).runSoon("list").expectFailure(
            77,
            "The desktop keyring doesn't have this vault's key any more.",
            "Open the vault by another key (--recovery, --passphrase-file, --key-file), and then put a new key into the "
                + "keyring: isogeo-vault key change keyring keyring."
        )
        try await other.stop()
    }

    @Test(.needsKeyring) func `69, a keyring that is stopped, or its bus, or that ends in mid-call`() async throws {
        let (home, keyring) = try await made(with: .unlocked)
        try keyring.signalKeyring(SIGSTOP)
        async let stopped = home.runSoon("list")
        async let refused = home.runSoon(
            "import",
            try home.writeFile(),
            "--name",
            "b",
            "--vault",
            home.folder("b/v.db")
        )
        try await stopped.expectFailure(69, Self.silent.0, Self.silent.1)
        let unprotected = try await refused
        #expect(unprotected.exitCode == 64 && unprotected.errorText.contains(Self.silent.0), "\(unprotected)")
        // It waits for an answer when the keyring dies.
        let waiting = try await home.startUntilAsked("list")
        #expect(waiting.report.ending == nil)
        try keyring.signalKeyring(SIGKILL)
        try await waiting.outcome().expectFailure(69, Self.gone.0, Self.gone.1)
        keyring.signalBus(SIGSTOP)
        try await home.runSoon("list").expectFailure(69, Self.silent.0, Self.silent.1)
        keyring.signalBus(SIGCONT)
        try await keyring.stop()
    }

    @Test(.needsKeyring) func `69, a bus that ends in mid-call`() async throws {
        let (home, keyring) = try await made(with: .unlocked)
        try keyring.signalKeyring(SIGSTOP)
        let waiting = try await home.startUntilAsked("list")
        #expect(waiting.report.ending == nil)
        keyring.signalBus(SIGKILL)
        try await waiting.outcome().expectFailure(69, Self.gone.0, Self.gone.1)
        try await keyring.stop()
    }

    @Test(.needsKeePassXC) func `a locked KeePassXC is 77, waited for while it asks, and 69 once it stops or ends`()
        async throws
    {
        let (home, keyring) = try await made(with: .keepassxc)
        try await keyring.stop()
        let closed = try await home.startKeyring(.closedKeePassXC)
        try await home.on(closed).runSoon("list").expectFailure(77, Self.locked.0, Self.locked.1)
        let desk = home.on(closed, hasDisplay: true)
        let waits = "Waiting for the keyring's dialog…"
        let waiting = try desk.command(["list"]).start()
        let said = await waiting.wait { $0.errorText.contains(waits) }
        #expect(said.errorText.contains(waits), "\(said)")
        // Longer than anything that isn't a person may take.
        try await Task.sleep(for: .seconds(TestPaths.isLongRun ? 30 : 4))
        #expect(waiting.report.ending == nil)
        try closed.signalKeyring(SIGSTOP)
        try await waiting.outcome().expectFailure(69, Self.silent.0, Self.silent.1, after: [waits])
        try closed.signalKeyring(SIGCONT)
        let another = try desk.command(["list"]).start()
        _ = await another.wait { $0.errorText.contains(waits) }
        try closed.signalKeyring(SIGKILL)
        try await another.outcome().expectFailure(69, Self.gone.0, Self.gone.1, after: [waits])
        try await closed.stop()
    }
}
