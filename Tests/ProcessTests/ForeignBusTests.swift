import Foundation
import Glibc
import Testing
import VaultTestSupport

/// Another account whose bus, or whose keyring on our bus, asks for the vault's key: real buses and keyrings, which let
/// other users in.
@Suite(.serialized, .needsBinary, .privileged, .needsKeyring)
struct ForeignBusTests {
    /// nobody and daemon: a bus refuses users without a name.
    private static let (other, ours): (uid_t, uid_t) = (65534, 1)
    private static let otherKey = "use another key: --key-file, --passphrase-file."

    private static func sentence(ofBusOf user: uid_t) -> String {
        "The session bus is another user's (uid \(user)), and so is the keyring on it."
    }
    private static let ofBus =
        "Become a user by `su -` or `sudo -i`, which leave the other one's environment behind, or unset "
        + "DBUS_SESSION_BUS_ADDRESS and XDG_RUNTIME_DIR; or \(otherKey)"

    /// A home of this user, and a file to import.
    private struct Account {
        let home: Home
        let user: uid_t
        let file: String

        init(_ user: uid_t, on keyring: DesktopKeyring? = nil) async throws {
            var home = try Home()
            file = try home.writeFile()
            if let keyring { home = home.on(keyring) }
            (self.home, self.user) = (home, user)
            let all = try FileManager.default.subpathsOfDirectory(atPath: home.folder.path).map { home.folder($0) }
            for path in all + [home.folder.path] { try #require(unsafe chown(path, user, user) == 0) }
        }

        /// Runs the command as this user.
        func run(_ arguments: String..., with changes: [String: String?] = [:]) async throws -> ProcessReport {
            var command = try home.command(arguments, changes)
            let identity = ["--reuid", "\(user)", "--regid", "\(user)", "--clear-groups"]
            (command.program, command.arguments) = ("setpriv", identity + [command.program] + command.arguments)
            let report = try await command.run()
            home.client.secret.expectAbsent(in: report)
            return report
        }
    }

    /// The user of the process that has a name on a bus.
    private func user(of name: String, on keyring: DesktopKeyring) async throws -> String {
        let method = "org.freedesktop.DBus.GetConnectionUnixUser"
        let report = try await Command(
            "gdbus",
            ["call", "--session", "-d", "org.freedesktop.DBus", "-o", "/org/freedesktop/DBus", "-m", method, name],
            environment: Command.plainEnvironment.merging(keyring.environment) { $1 }
        ).run()
        return report.outputText
    }

    @Test(arguments: [(65534, 1), (65534, 0), (0, 1)] as [(uid_t, uid_t)])
    func `root: the bus of another user gets no key, be it root's or be root the caller`(owner: uid_t, caller: uid_t)
        async throws
    {
        let theirs = try TemporaryDirectory()
        let keyring = try await DesktopKeyring(.unlocked, home: theirs.path, user: owner, isOpen: true)
        let account = try await Account(caller, on: keyring)
        let refusal = Self.sentence(ofBusOf: owner)
        try await account.run("import", "-q", account.file, "--protect", "keyring").expectFailure(
            78,
            refusal,
            Self.ofBus
        )
        let automatic = try await account.run("import", "-q", account.file)
        #expect(automatic.exitCode == 64 && automatic.errorText.contains(refusal), "\(automatic)")
        #expect(!account.home.exists(account.home.vault))
        #expect(try await account.run("doctor").outputText.contains(refusal))
        #expect(try await account.home.items() == 0)
        // The keyring works, for its own user.
        let owning = try await Account(owner, on: keyring)
        let made = try await owning.run("import", "-q", owning.file, "--protect", "keyring")
        #expect(made.exitCode == 0, "\(made)")
        #expect(try await account.home.items() == 1)
        try await keyring.stop()
    }

    @Test func `root: the keyring of another user on our own bus gets no key`() async throws {
        let (busHome, theirs) = (try TemporaryDirectory(), try TemporaryDirectory())
        let bus = try await DesktopKeyring(.bus, home: busHome.path, user: Self.ours, isOpen: true)
        let keyring = try await DesktopKeyring(.unlocked, home: theirs.path, user: Self.other, on: bus.bus)
        #expect(try await user(of: "org.freedesktop.secrets", on: bus) == "(uint32 \(Self.other),)\n")
        let account = try await Account(Self.ours, on: bus)
        let refusal = "The desktop keyring on this session bus is another user's (uid \(Self.other))."
        try await account.run("import", "-q", account.file, "--protect", "keyring").expectFailure(
            78,
            refusal,
            "See who runs it (busctl --user status org.freedesktop.secrets), and \(Self.otherKey)"
        )
        let automatic = try await account.run("import", "-q", account.file)
        #expect(automatic.exitCode == 64 && automatic.errorText.contains(refusal), "\(automatic)")
        #expect(try await account.home.items() == 0)
        try await keyring.stop()
        try await bus.stop()
    }

    @Test(.needsPythonOnBus) func `root: a keyring that takes the name after the check is asked nothing`() async throws
    {
        let (home, theirs) = (try TemporaryDirectory(), try TemporaryDirectory())
        let first = try await DesktopKeyring(.handsOver, home: home.path, user: Self.ours, isOpen: true)
        let second = try await DesktopKeyring(
            .unencryptedTransport,
            home: theirs.path,
            user: Self.other,
            on: first.bus
        )
        #expect(try await user(of: "org.freedesktop.secrets", on: first) == "(uint32 \(Self.ours),)\n")
        let account = try await Account(Self.ours, on: first)
        try await account.run("import", "-q", account.file, "--protect", "keyring").expectFailure(
            69,
            "The desktop keyring, or its bus, ended while it was asked.",
            "Run it again; where it ends again, start it anew by logging out and in."
        )
        #expect(try await user(of: "org.freedesktop.secrets", on: first) == "(uint32 \(Self.other),)\n")
        #expect(String(decoding: try home.read("asked"), as: UTF8.self) == "ReadAlias\n")
        // Not even for a session, in which a key would have been encrypted for it.
        #expect(String(decoding: try theirs.read("asked"), as: UTF8.self) == "")
        try await second.stop()
        try await first.stop()
    }
}
