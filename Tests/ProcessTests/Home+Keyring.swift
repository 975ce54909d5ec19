import Glibc
import Testing
import VaultTestSupport

/// A home in which a desktop is running.
extension Home {
    /// Starts a desktop keyring whose files are here.
    func startKeyring(_ kind: DesktopKeyring.Kind) async throws -> DesktopKeyring {
        try await DesktopKeyring(kind, home: folder.path)
    }

    /// The same home, as a program of that desktop's session sees it.
    func on(_ keyring: DesktopKeyring, hasDisplay: Bool = false) -> Home {
        var home = self
        home.environment.merge(keyring.environment) { _, new in new }
        if !hasDisplay { home.environment["DISPLAY"] = nil }
        return home
    }

    /// Does to a gnome-keyring what any program of its user may: `Tests/Servers/plant-secret`.
    func tamper(_ what: String, _ text: String) async throws {
        let script = TestPaths.checkout + "/Tests/Servers/plant-secret"
        let report = try await Command(script, [what, text], environment: environment).run()
        try #require(report.exitCode == 0, "\(report)")
    }

    /// Makes another collection the default.
    func makeDefault(_ collection: String) async throws { try await tamper("default", Self.collection(collection)) }

    /// Locks a collection.
    func lock(_ collection: String) async throws { try await tamper("lock", Self.collection(collection)) }

    /// The path of a collection.
    static func collection(_ name: String) -> String { "/org/freedesktop/secrets/collection/\(name)" }

    /// How many items the keyring has in a collection.
    func items(in collection: String = "login") async throws -> Int {
        let report = try await Command(
            "gdbus",
            [
                "call", "--session", "-d", "org.freedesktop.secrets",
                "-o", "/org/freedesktop/secrets/collection/\(collection)",
                "-m", "org.freedesktop.DBus.Properties.Get", "org.freedesktop.Secret.Collection", "Items",
            ],
            environment: environment
        ).run()
        try #require(report.exitCode == 0, "\(report)")
        return report.outputText.matches(of: /collection\/\w+\/[0-9]+/).count
    }

    /// Runs the command to its end, which must come by itself.
    func runSoon(_ arguments: String..., with changes: [String: String?] = [:]) async throws -> ProcessReport {
        let report = try await command(arguments, changes).run()
        client.secret.expectAbsent(in: report)
        return report
    }

    /// Starts the command and waits until it has asked the keyring something.
    func startUntilAsked(_ arguments: String...) async throws -> RunningProcess {
        let bus = try #require(environment["DBUS_SESSION_BUS_ADDRESS"])
        var watching = Command(
            "dbus-monitor",
            ["--address", bus, "type='method_call',path_namespace='/org/freedesktop/secrets'"]
        )
        watching.input = .open
        let monitor = try watching.start()
        // It sees what comes once it has a name.
        try await monitor.expect("member=NameAcquired")
        let process = try command(arguments).start()
        try await monitor.expect("path=/org/freedesktop/secrets")
        monitor.send(SIGKILL)
        return process
    }

    /// What is said of a vault that the keyring alone opens.
    static let keyringAlone =
        "only this desktop's keyring can open it; for another key: isogeo-vault key add recovery"
}
