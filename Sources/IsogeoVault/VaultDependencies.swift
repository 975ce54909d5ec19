package import Logging
package import VaultOAuth
internal import VaultStore
package import VaultSystem

/// What a vault needs besides its file: clocks, the network, and where warnings and logs go.
package struct VaultDependencies: Sendable {
    /// Seconds since 1970.
    package var now: @Sendable () -> Int64
    /// Milliseconds since the computer started, including sleep.
    package var uptime: @Sendable () -> Int64
    /// What sends requests.
    package var transport: any TokenTransport
    /// Gets, in a sentence, what went wrong though the call succeeds.
    package var warn: @Sendable (String) -> Void
    /// Whether only warnings about safety are given.
    package var isQuiet = false
    /// Gets each `VaultEvent`.
    package var logger: Logger?
    /// The folder of high-water marks and of the days of recurring warnings; nil keeps none.
    package var stateFolder: String?
    /// What to do about a vault that is older than it was.
    package var rollback = RollbackPolicy.refused
    /// Whether a recurring warning of the vault at this path is due; called once for each warning.
    package var isDue: @Sendable (RecurringWarning, _ vault: String) -> Bool = { _, _ in true }
    /// The path of the vault.
    private var vaultPath: String?
    /// Gets a line for each event of the audit trail; nil for none.
    package var systemLog: SystemLog?
    /// How token endpoints are reached.
    package var connection = ConnectionOverrides()
    /// The kinds of key that are known.
    var keySources = KeySources.standard

    package init(
        now: @escaping @Sendable () -> Int64,
        uptime: @escaping @Sendable () -> Int64 = { SystemClock.millisecondsSinceBoot },
        transport: any TokenTransport,
        warn: @escaping @Sendable (String) -> Void,
        logger: Logger? = nil,
        stateFolder: String? = nil
    ) {
        self.now = now
        self.uptime = uptime
        self.transport = transport
        self.warn = warn
        self.logger = logger
        self.stateFolder = stateFolder
    }

    /// The real dependencies; warnings go nowhere.
    package static let real = {
        var dependencies = VaultDependencies(
            now: { SystemClock.secondsSinceEpoch },
            transport: CurlTransport(),
            warn: { _ in },
            stateFolder: VaultPlace.state(environment: Environment.value)
        )
        dependencies.systemLog = Environment.value(of: "ISOGEO_VAULT_SYSLOG").flatMap(SystemLog.init(named:))
        return dependencies
    }()

    /// The real clock; the network and the logger of a program.
    init(transport: (any TokenEndpointTransport)?, logger: Logger?) {
        self = .real
        if let transport { self.transport = CustomTransport(transport: transport) }
        self.logger = logger
    }
}

extension VaultDependencies {
    /// The real dependencies without a state folder: for vaults that tests make and throw away.
    package static func forgetful(transport: (any TokenEndpointTransport)?, logger: Logger?) -> VaultDependencies {
        var dependencies = VaultDependencies(transport: transport, logger: logger)
        dependencies.stateFolder = nil
        return dependencies
    }

    /// Both clocks.
    var moment: Moment { Moment(now: now(), uptime: uptime()) }

    /// The dependencies of one vault: its logger has the path as metadata, and gets all warnings too.
    func of(vaultAt path: String) -> VaultDependencies {
        var dependencies = self
        dependencies.vaultPath = path
        guard var logger else { return dependencies }
        logger[metadataKey: "vault"] = "\(path)"
        dependencies.logger = logger
        dependencies.warn = { [warn, dependencies] sentence in
            warn(sentence)
            dependencies.log(.warning(sentence))
        }
        return dependencies
    }

    /// Warns of an event, or of a state that lasts, if a warning of that is due.
    func warn(of notice: VaultNotice) {
        guard notice.isAboutSafety || !isQuiet else { return }
        if let state = notice.recurrence, let vaultPath, !isDue(state, vaultPath) { return }
        warn(notice.sentence)
    }

    func log(_ event: @autoclosure () -> VaultEvent) {
        guard let logger else { return }
        let event = event()
        logger.log(level: event.level, event.message, metadata: event.metadata)
    }

    /// Logs what was written into the audit trail, except for requests, which are logged when they are answered.
    var report: UnlockedVault.Reporting {
        UnlockedVault.Reporting(
            events: { events, head in
                for event in events { tellSystemLog(event, head) }
                for event in events where event.kind.trail == .changes {
                    log(.changed(event))
                    if event.kind == .converted, let vaultPath { warn(of: .converted(path: vaultPath)) }
                }
            },
            warn: { warn(of: $0) }
        )
    }

    /// Sends an event to the system's log, where it is wanted: with the end of the trail, which names all before it.
    func tellSystemLog(_ event: AuditEvent, _ head: AuditTrail.Head) {
        guard let systemLog else { return }
        do throws(SystemError) {
            try systemLog.send(event.line(of: vaultPath ?? "", head), from: "isogeo-vault")
        } catch {
            warn(of: .systemLogMissing(event.kind, error))
        }
    }

    /// Runs what blocks on a thread of the executor, and logs its error.
    func perform<Result: Sendable>(
        on executor: BlockingExecutor = .files,
        _ body: () throws(VaultError) -> Result
    ) async throws(VaultError) -> Result {
        do {
            return try await BlockingExecutor.run(on: executor, body)
        } catch {
            log(.failed(error))
            throw error
        }
    }
}

extension SystemLog {
    /// The log that `ISOGEO_VAULT_SYSLOG` names: 1 for the system's own, else the path of a socket; nil for 0.
    fileprivate init?(named value: String) {
        guard !["", "0"].contains(value) else { return nil }
        self.init(path: value == "1" ? Self.standardPath : value)
    }
}
