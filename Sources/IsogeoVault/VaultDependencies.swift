package import Logging
package import VaultOAuth
internal import VaultStore
internal import VaultSystem

/// What a vault needs of the world beside its file: the clock, the network, and somebody to be warned.
package struct VaultDependencies: Sendable {
    /// Seconds since 1970.
    package var now: @Sendable () -> Int64
    /// Milliseconds since the computer started, sleep included.
    package var uptime: @Sendable () -> Int64
    /// What sends requests.
    package var transport: any TokenTransport
    /// Told, in a sentence, what went wrong without keeping anything from being done.
    package var warn: @Sendable (String) -> Void
    /// Told what `VaultEvent` has.
    package var logger: Logger?
    /// Where what is remembered of vaults outside of them lies; nil remembers nothing.
    package var stateFolder: String?
    /// What to do about a vault that is older than it was.
    package var rollback = RollbackPolicy.refused
    /// Whether it is time to warn of a state that lasts, of the vault at a path; told once for each warning.
    package var isDue: @Sendable (RecurringWarning, _ vault: String) -> Bool = { _, _ in true }
    /// Which vault these doors are of.
    private var vaultPath: String?
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

    /// The real ones; warnings go nowhere.
    package static let real = VaultDependencies(
        now: { SystemClock.secondsSinceEpoch },
        transport: CurlTransport(),
        warn: { _ in },
        stateFolder: VaultPlace.state(environment: Environment.value)
    )

    /// The real clock; the network and the logger of a program.
    init(transport: (any TokenEndpointTransport)?, logger: Logger?) {
        self = .real
        if let transport { self.transport = CustomTransport(transport: transport) }
        self.logger = logger
    }
}

extension VaultDependencies {
    /// The real ones, which remember nothing outside of the vault: for vaults that tests make and throw away.
    package static func forgetful(transport: (any TokenEndpointTransport)?, logger: Logger?) -> VaultDependencies {
        var dependencies = VaultDependencies(transport: transport, logger: logger)
        dependencies.stateFolder = nil
        return dependencies
    }

    /// Both clocks.
    var moment: Moment { Moment(now: now(), uptime: uptime()) }

    /// The doors of one vault: the logger knows its path, and is told all warnings too.
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

    /// Warns of a state that lasts, when it is time to.
    func warn(_ state: RecurringWarning, _ sentence: String) {
        if let vaultPath, !isDue(state, vaultPath) { return }
        warn(sentence)
    }

    func log(_ event: @autoclosure () -> VaultEvent) {
        guard let logger else { return }
        let event = event()
        logger.log(level: event.level, event.message, metadata: event.metadata)
    }

    /// Logs what was written into the audit trail; a token is told where it is granted.
    var report: UnlockedVault.Reporting {
        { events in for event in events where event.kind != .tokenRequested { log(.changed(event)) } }
    }

    /// Runs what blocks on a thread that may, and logs how it failed.
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
