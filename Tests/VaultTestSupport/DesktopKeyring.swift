import Foundation
import Glibc
package import Testing

/// A session bus and a real desktop keyring on it, for as long as this value lives: `Tests/Servers/keyring`.
package final class DesktopKeyring: Sendable {
    /// As the script calls them.
    package enum Kind: String, Sendable {
        case bus, empty, unlocked, locked, plain, slow, wallets, keepassxc
        case unencryptedTransport = "clear-bus"
        case handsOver = "hands-over"
        case closedKeePassXC = "keepassxc-locked"
        case hiddenKeePassXC = "keepassxc-hidden"
        case closedBesideKeePassXC = "keepassxc-beside"
    }

    /// The bus's address.
    package let bus: String
    /// The display that KeePassXC is on.
    package let display: String?
    /// The keyring's process, and the bus's.
    private let keyring: pid_t?
    private let busProcess: pid_t?
    private let folder: TemporaryDirectory
    private let process: RunningProcess

    /// Starts it and waits until it answers.
    ///
    /// - Parameters:
    ///   - kind: which keyring, and in which state.
    ///   - home: where it keeps its files, and finds those of one before.
    ///   - user: whose processes these are, where root starts them; the home becomes that user's.
    ///   - bus: the bus that it joins; nil starts one.
    ///   - isOpen: whether other users may come to its own bus.
    /// - Throws: `ServerError.notStarted` with all that it said.
    package init(
        _ kind: Kind,
        home: String,
        user: UInt32? = nil,
        on bus: String? = nil,
        isOpen: Bool = false
    ) async throws {
        // Its own: a socket's path has 107 characters at most.
        folder = try TemporaryDirectory(in: "/tmp")
        let script = TestPaths.checkout + "/Tests/Servers/keyring"
        var command = Command(script, [kind.rawValue, home, folder.path])
        if let user {
            for path in [home, folder.path] { try #require(unsafe chown(path, user, user) == 0) }
            command = Command("setpriv", ["--reuid", "\(user)", "--regid", "\(user)", "--clear-groups", script])
            command.arguments += [kind.rawValue, home, folder.path]
        }
        if let bus { command.environment["BUS"] = bus }
        if isOpen {
            command.environment["OPEN_BUS"] = "1"
            try #require(unsafe chmod(folder.path, 0o711) == 0)
        }
        command.input = .open
        command.limit = Patience.ofServers
        process = try command.start()
        let said = await process.wait { $0.outputText.hasSuffix("ready\n") }
        let pairs = said.outputText.split(separator: "\n").map { $0.split(separator: "=", maxSplits: 1) }
        let values = Dictionary(
            pairs.compactMap { $0.count == 2 ? ($0[0], String($0[1])) : nil },
            uniquingKeysWith: { first, _ in first }
        )
        guard said.outputText.hasSuffix("ready\n"), let bus = values["bus"] else {
            throw ServerError.notStarted("keyring \(kind.rawValue)", said)
        }
        (self.bus, display) = (bus, values["display"])
        busProcess = values["bus_pid"].flatMap(pid_t.init)
        keyring = values["keyring_pid"].flatMap(pid_t.init)
    }

    /// What a program of this desktop finds in its environment.
    package var environment: [String: String] {
        ["DBUS_SESSION_BUS_ADDRESS": bus].merging(display.map { ["DISPLAY": $0] } ?? [:]) { first, _ in first }
    }

    /// Sends a signal to the keyring's process.
    package func signalKeyring(_ signal: CInt) throws { kill(try #require(keyring), signal) }

    /// Sends a signal to the bus.
    package func signalBus(_ signal: CInt) { if let busProcess { kill(busProcess, signal) } }

    /// Ends it, and waits for its end.
    package func stop() async throws {
        process.closeInput()
        _ = try await process.outcome()
    }
}

extension Trait where Self == ConditionTrait {
    /// For what asks a real gnome-keyring.
    package static var needsKeyring: Self {
        needs(["dbus-daemon", "gdbus", "gnome-keyring-daemon"], of: "dbus, libglib2.0-bin and gnome-keyring")
    }

    /// For what asks a gnome-keyring, or a fake of one, through Python's GDBus.
    package static var needsPythonOnBus: Self {
        .enabled(
            if: FileManager.default.fileExists(atPath: "/usr/lib/python3/dist-packages/gi/__init__.py"),
            "python3-gi isn't installed, through which Python speaks D-Bus"
        )
    }

    /// For what asks a real KeePassXC.
    package static var needsKeePassXC: Self {
        needs(
            ["dbus-daemon", "gdbus", "Xvfb", "keepassxc", "keepassxc-cli"],
            of: "dbus, libglib2.0-bin, xvfb and keepassxc"
        )
    }

    private static func needs(_ programs: [String], of packages: String) -> Self {
        let missing = programs.filter { !FileManager.default.isExecutableFile(atPath: "/usr/bin/" + $0) }
        return .enabled(
            if: missing.isEmpty,
            Comment(rawValue: "no \(missing.joined(separator: ", ")): \(packages) aren't installed")
        )
    }
}
