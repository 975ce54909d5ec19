import Foundation
import Testing
import VaultTestSupport

@testable import VaultKeys

/// What is known of a desktop before its keyring is asked.
@Suite struct KeyringTests {
    @Test func `the bus is where the environment says, else a socket of ours in the runtime folder`() async throws {
        let folder = try TemporaryDirectory()
        var environment = KeyringEnvironment()
        #expect(try environment.bus == nil)
        environment.runtimeFolder = folder.path
        #expect(try environment.bus == nil)
        try folder.write("", to: "bus")
        #expect(try environment.bus == nil)
        try FileManager.default.removeItem(atPath: folder("bus"))
        let script = "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])"
        #expect(try await Command("python3", ["-c", script, folder("bus")]).run().exitCode == 0)
        #expect(try environment.bus == .socket(folder("bus")))
        for address in ["unix:path=/x", "unix:abstract=x,guid=1", "unix:runtime=yes", "unix:path=/x;unix:path=/y"] {
            environment.busAddress = address
            #expect(try environment.bus == .address(address))
        }
    }

    @Test(arguments: [
        ("autolaunch:", "autolaunch"), ("autolaunch:scope=*", "autolaunch"), ("unix:path=/x;autolaunch:", "autolaunch"),
        ("tcp:host=localhost,port=1", "tcp"), ("nonce-tcp:host=localhost,port=1", "nonce-tcp"),
        ("unixexec:path=/bin/true", "unixexec"), ("unix:path=/x;tcp:host=localhost,port=1", "tcp"),
        ("UNIX:path=/x", "UNIX"), (" unix:path=/x", " unix"), ("unix", "unix"), ("nonsense", "nonsense"),
    ])
    func `a bus that doesn't show whose it is isn't asked, and none is started`(address: String, kind: String) {
        let environment = KeyringEnvironment(busAddress: address)
        #expect(throws: KeyringProblem.busAddress(kind)) { try environment.bus }
        #expect(environment.hasBus)
    }

    @Test func `a collection's file is recognised by its beginning, and one that isn't there is unknown`() throws {
        let folder = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: folder("keyrings"), withIntermediateDirectories: false)
        let environment = KeyringEnvironment(dataHome: folder.path)
        func secrecy(_ name: String) -> CollectionSecrecy {
            environment.secrecy(of: "/org/freedesktop/secrets/collection/\(name)")
        }
        try folder.write("[keyring]\ndisplay-name=x\n", to: "keyrings/Default_keyring.keyring")
        try folder.write("GnomeKeyring\n\r\0\n", to: "keyrings/login.keyring")
        try folder.write("[key", to: "keyrings/short.keyring")
        // As gnome-keyring writes an underscore in a path.
        #expect(secrecy("Default_5fkeyring") == .inClear)
        #expect(secrecy("login") == .encrypted)
        #expect(secrecy("short") == .unseen)
        #expect(secrecy("absent") == .unseen)
        #expect(secrecy("_2e_2e_2fkeyrings_2fDefault_5fkeyring") == .unseen)
        try FileManager.default.createDirectory(
            atPath: folder("home/.local/share/keyrings"),
            withIntermediateDirectories: true
        )
        try folder.write("[keyring]\n", to: "home/.local/share/keyrings/login.keyring")
        let login = "/org/freedesktop/secrets/collection/login"
        #expect(KeyringEnvironment(home: folder("home")).secrecy(of: login) == .inClear)
        // In clear anywhere is in clear.
        #expect(KeyringEnvironment(dataHome: folder.path, home: folder("home")).secrecy(of: login) == .inClear)
    }

    @Test func `a new key lies where it lasts, and no worse than what was accepted`() throws {
        func place(_ name: String, _ secrecy: CollectionSecrecy) -> KeyringPlace {
            KeyringPlace(collection: "/org/freedesktop/secrets/collection/\(name)", secrecy: secrecy)
        }
        let (good, clear, unseen) = (place("login", .encrypted), place("plain", .inClear), place("far", .unseen))
        let unknown = place("other", .unknown)
        for demand in [
            KeyringRequirement.any, .password, .noWorse(than: clear), .noWorse(than: place("session", .unseen)),
        ] {
            #expect(throws: KeyringProblem.memoryOnly) { try demand.check(place("session", .unseen)) }
            try demand.check(good)
        }
        for demand in [KeyringRequirement.password, .noWorse(than: good), .noWorse(than: unseen)] {
            #expect(throws: KeyringProblem.plainText) { try demand.check(clear) }
        }
        for demand in [KeyringRequirement.password, .noWorse(than: good)] {
            #expect(throws: KeyringProblem.fileUnseen) { try demand.check(unseen) }
            #expect(throws: KeyringProblem.unknownKeeper) { try demand.check(unknown) }
        }
        for demand in [KeyringRequirement.any, .noWorse(than: clear)] {
            try demand.check(clear)
            try demand.check(unseen)
        }
        try KeyringRequirement.noWorse(than: unseen).check(unseen)
        try KeyringRequirement.noWorse(than: unknown).check(unknown)
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
        deadline.allow(Patience.end)
        #expect(try deadline.milliseconds(atMost: .seconds(60)) > 8001)
    }
}
