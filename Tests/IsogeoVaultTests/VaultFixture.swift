import Foundation
import Synchronization
import Testing
import VaultCrypto
import VaultOAuth
import VaultTestSupport

@testable import IsogeoVault

/// What a vault needs around it, in a test's hand: a folder, a clock, a server, and ears for warnings.
final class VaultFixture: Sendable {
    let folder: TemporaryDirectory
    let clock = TestClock()
    let server = ScriptedTransport()
    private let said = Mutex<[String]>([])

    init() throws { folder = try TemporaryDirectory() }

    /// What was warned of so far.
    var warnings: [String] { said.withLock { $0 } }

    var dependencies: VaultDependencies {
        VaultDependencies(
            now: { [clock] in clock.now },
            uptime: { [clock] in clock.uptime },
            transport: server,
            warn: { [weak self] in self?.said.withLock { [warning = $0] in $0.append(warning) } }
        )
    }

    /// The same, which remember what they have seen of vaults in a folder of the test's.
    var remembering: VaultDependencies {
        var dependencies = dependencies
        dependencies.stateFolder = state
        return dependencies
    }

    /// The same, which wait for nobody.
    var hurried: VaultDependencies {
        var dependencies = dependencies
        dependencies.connection.timeLimit = .milliseconds(200)
        return dependencies
    }

    /// Where those remember it.
    var state: String { folder("state") }

    /// Where the vault lies.
    var path: String { folder("vault.db") }

    /// The key file that opens it.
    var keyFile: String { folder("key") }

    /// A `client_secrets.json`, as Isogeo hands it over.
    func clientSecrets(id: String = "client", secret: String, tokenURI: String = "https://id.example/oauth/token")
        throws
        -> String
    {
        let members = ["client_id": id, "client_secret": secret, "token_uri": tokenURI]
        return try folder.write(JSONEncoder().encode(["web": members]), to: "client_secrets-\(UUID().uuidString).json")
    }

    /// An application that is to be imported.
    func application(
        _ name: String = "catalogue",
        id: String = "client",
        secret: String = "a secret",
        tokenURI: String = "https://id.example/oauth/token",
        proxy: String? = nil
    ) throws -> NewApplication {
        var options = NewApplication.Options()
        options.name = try ApplicationName.named(name)
        options.proxy = proxy
        return try NewApplication(
            clientSecrets: clientSecrets(id: id, secret: secret, tokenURI: tokenURI),
            options
        )
    }

    /// A new vault with a key file and the application `catalogue`.
    func makeVault(secret: String = "a secret") async throws -> Vault {
        try await Vault.create(
            at: path,
            protectedBy: .keyFile(keyFile),
            importing: application(secret: secret),
            dependencies: dependencies
        )
    }

    /// The vault, opened anew.
    func open(_ unlocking: Unlocking? = nil) async throws -> Vault {
        try await Vault.open(at: path, unlocking: unlocking ?? .keyFile(keyFile), dependencies: dependencies)
    }

    /// Gives the vault a new key, by the key file if no other way is named.
    @discardableResult
    func rekey(
        _ unlocking: Unlocking? = nil,
        keeping others: [Unlocking] = [],
        dropping: [String] = [],
        interaction: UserInteraction = .none,
        dependencies: VaultDependencies? = nil
    ) async throws(VaultError) -> Rekeying {
        try await Vault.rekey(
            at: path,
            unlocking: unlocking ?? .keyFile(keyFile),
            keeping: others,
            dropping: dropping,
            interaction: interaction,
            dependencies: dependencies ?? self.dependencies
        )
    }

    /// Edits the vault's file as a stranger would, who knows SQLite and none of our checks.
    ///
    /// `other` is attached: a copy of the file, from before.
    func edit(_ statements: String, other: String? = nil) async throws {
        let script = """
            import sqlite3, sys
            connection = sqlite3.connect(sys.argv[1])
            connection.execute("pragma ignore_check_constraints=on")
            if len(sys.argv) > 3: connection.execute("attach ? as other", (sys.argv[3],))
            connection.executescript(sys.argv[2])
            connection.commit()
            connection.close()
            """
        let arguments = ["-c", script, path, statements] + (other.map { [$0] } ?? [])
        let report = try await Command("python3", arguments).run()
        try #require(report.exitCode == 0, "\(report)")
    }

    /// Waits until the server was asked so often.
    func waitForRequests(_ count: Int) async throws {
        let isSo = try await eventually { self.server.requests.count == count }
        #expect(isSo, "\(server.requests.count) requests")
    }

    /// Waits until so many tasks wait for a token of these vaults.
    func waitForWaiters(_ count: Int, in vaults: [Vault]) async throws {
        let isSo = try await eventually { vaults.reduce(0) { $0 + $1.tokens.waiterCount } == count }
        #expect(isSo, "\(vaults.map(\.tokens.waiterCount)) wait")
    }

    /// Copies the vault's file; nobody may be using it.
    func copy(to name: String) throws -> String {
        try folder.write(folder.read("vault.db"), to: name)
    }
}

extension Trait where Self == ConditionTrait {
    /// For vaults that somebody edits.
    static var needsPython: Self {
        .enabled(
            if: ["/usr/bin/python3", "/usr/local/bin/python3"].contains(where: FileManager.default.isExecutableFile),
            "python3 edits the vaults"
        )
    }
}

extension ApplicationName {
    /// A name that is one.
    static func named(_ text: String) throws -> ApplicationName { try #require(ApplicationName(text)) }
}

/// Clocks that go when a test says so: the clock of the day, and the one that nobody sets.
final class TestClock: Sendable {
    private let time = Mutex((now: Int64(1_900_000_000), uptime: Int64(5_000_000)))

    var now: Int64 { time.withLock { $0.now } }
    /// Milliseconds.
    var uptime: Int64 { time.withLock { $0.uptime } }

    /// Lets time pass; what is negative sets the clock of the day back, and nothing else can be.
    func advance(by seconds: Int64) {
        time.withLock { $0 = ($0.now + seconds, $0.uptime + max(0, seconds) * 1000) }
    }

    /// Sets the clock of the day, and no time passes.
    func set(_ now: Int64) { time.withLock { $0.now = now } }

    /// Lets time pass that the clock of the day doesn't tell.
    func passUnseen(_ seconds: Int64) { time.withLock { $0.uptime += seconds * 1000 } }
}

/// Waits until something has come to hold.
func eventually(_ condition: @Sendable () -> Bool) async throws -> Bool {
    let deadline = ContinuousClock.now + Patience.end
    while !condition(), .now < deadline { try await Task.sleep(for: .milliseconds(2)) }
    return condition()
}

/// What `body` throws; nil where it doesn't.
func failure<Result: ~Copyable>(
    _ body: () async throws(VaultError) -> Result
) async -> VaultError? {
    do throws(VaultError) {
        _ = try await body()
        return nil
    } catch {
        return error
    }
}
