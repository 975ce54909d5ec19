internal import Glibc
package import Logging
package import VaultOAuth

/// What a vault needs of the world beside its file: the clock, the network, and somebody to be warned.
package struct VaultDoors: Sendable {
    /// Seconds since 1970.
    package var now: @Sendable () -> Int64
    /// What sends requests.
    package var transport: any TokenTransport
    /// Told, in a sentence, what went wrong without keeping anything from being done.
    package var warn: @Sendable (String) -> Void
    /// Told what `VaultEvent` has.
    package var logger: Logger?
    /// How token endpoints are reached.
    package var connection = ConnectionChoice()

    package init(
        now: @escaping @Sendable () -> Int64,
        transport: any TokenTransport,
        warn: @escaping @Sendable (String) -> Void,
        logger: Logger? = nil
    ) {
        self.now = now
        self.transport = transport
        self.warn = warn
        self.logger = logger
    }

    /// The real ones; warnings go nowhere.
    package static let real = VaultDoors(now: { Int64(time(nil)) }, transport: CurlTransport(), warn: { _ in })

    /// The real clock; the network and the logger of a program.
    init(transport: (any TokenEndpointTransport)?, logger: Logger?) {
        self = .real
        if let transport { self.transport = ForeignTransport(transport: transport) }
        self.logger = logger
    }
}

extension VaultDoors {
    /// The doors of one vault: the logger knows its path, and is told all warnings too.
    func of(vaultAt path: String) -> VaultDoors {
        guard var logger else { return self }
        logger[metadataKey: "vault"] = "\(path)"
        var doors = self
        doors.logger = logger
        doors.warn = { [warn, doors] sentence in
            warn(sentence)
            doors.log(.warning(sentence))
        }
        return doors
    }

    func log(_ event: @autoclosure () -> VaultEvent) {
        guard let logger else { return }
        let event = event()
        logger.log(level: event.level, event.message, metadata: event.metadata)
    }

    /// Runs what blocks on a thread that may, and logs how it failed, or what it has done.
    func perform<Result: Sendable>(
        _ change: AuditEvent? = nil,
        _ body: () throws(VaultError) -> Result
    ) async throws(VaultError) -> Result {
        do {
            let result = try await BlockingExecutor.run(body)
            if let change { log(.changed(change)) }
            return result
        } catch {
            log(.failed(error))
            throw error
        }
    }
}
