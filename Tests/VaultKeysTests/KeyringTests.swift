import Foundation
import Testing
import VaultTestSupport

@testable import VaultKeys

/// What is known of a desktop before its keyring is asked.
@Suite struct KeyringTests {
    @Test func `the bus is where the environment says, else a socket of ours in the runtime folder`() async throws {
        let folder = try TemporaryFolder()
        var environment = KeyringEnvironment()
        #expect(environment.bus == nil)
        environment.runtimeFolder = folder.path
        #expect(environment.bus == nil)
        try folder.write("", to: "bus")
        #expect(environment.bus == nil)
        try FileManager.default.removeItem(atPath: folder("bus"))
        let script = "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])"
        #expect(try await Command("python3", ["-c", script, folder("bus")]).run().exitCode == 0)
        #expect(environment.bus == .socket(folder("bus")))
        environment.busAddress = "unix:path=/x"
        #expect(environment.bus == .address("unix:path=/x"))
    }

    @Test(arguments: ["autolaunch:", "autolaunch:scope=*", "unix:path=/x;autolaunch:"])
    func `no bus is started`(address: String) {
        #expect(KeyringEnvironment(busAddress: address).bus == nil)
    }

    @Test func `a collection's file in clear is recognised by its beginning`() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder("keyrings"), withIntermediateDirectories: false)
        let environment = KeyringEnvironment(dataHome: folder.path)
        func isPlainText(_ name: String) -> Bool {
            environment.isPlainText(collection: "/org/freedesktop/secrets/collection/\(name)")
        }
        try folder.write("[keyring]\ndisplay-name=x\n", to: "keyrings/Default_keyring.keyring")
        try folder.write("GnomeKeyring\n\r\0\n", to: "keyrings/login.keyring")
        try folder.write("[key", to: "keyrings/short.keyring")
        // As gnome-keyring writes an underscore in a path.
        #expect(isPlainText("Default_5fkeyring"))
        #expect(!isPlainText("login"))
        #expect(!isPlainText("short"))
        #expect(!isPlainText("absent"))
        #expect(!isPlainText("_2e_2e_2fkeyrings_2fDefault_5fkeyring"))
        try FileManager.default.createDirectory(
            atPath: folder("home/.local/share/keyrings"),
            withIntermediateDirectories: true
        )
        try folder.write("[keyring]\n", to: "home/.local/share/keyrings/login.keyring")
        #expect(
            KeyringEnvironment(home: folder("home")).isPlainText(
                collection: "/org/freedesktop/secrets/collection/login"
            )
        )
    }

    @Test func `a library that isn't there, and one that lacks functions, are told apart`() throws {
        #expect(throws: KeyringProblem.libraryMissing) {
            try SessionBus.openLibrary(named: "libsecret-of-nobody.so.0")
        }
        #expect(throws: KeyringProblem.libraryUnusable) { try SessionBus.openLibrary(named: "libc.so.6") }
    }

    @Test func `an item is found by ids alone`() {
        let item = KeyringItem(vault: .sample, slot: Array(0..<16))
        #expect(item.vault == String(repeating: "07", count: 16))
        #expect(item.slot == "000102030405060708090a0b0c0d0e0f")
    }

    @Test func `all that is asked of a keyring ends within its time`() throws {
        let deadline = KeyringDeadline()
        #expect(try deadline.milliseconds() <= 5001)
        #expect(try deadline.milliseconds(atMost: .seconds(60)) <= 8001)
    }
}
