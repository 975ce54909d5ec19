internal import VaultStore

public import struct FoundationEssentials.Date

/// A vault's events in their order: sealed, and chained so that without the vault's key no entry can be removed or
/// changed.
public struct AuditTrail: Sendable {
    /// One event.
    public struct Entry: Sendable, Equatable {
        /// Its number, from 1.
        public let number: Int64
        /// Its time, by the clock of the computer that wrote it.
        public let time: Date
        /// The event.
        public let event: AuditEvent

        init(number: Int64, _ entry: AuditEntry) {
            self.number = number
            time = Date(timeIntervalSince1970: Double(entry.time))
            event = entry.event
        }
    }

    /// The entries, the newest last; beyond 10 000 the oldest are removed.
    public let entries: [Entry]
}

extension Vault {
    /// The vault's audit trail.
    ///
    /// - Throws: `damaged` if entries were changed or removed.
    public func auditTrail() async throws(VaultError) -> AuditTrail {
        try await dependencies.perform { () throws(VaultError) in AuditTrail(entries: try contents.auditTrail()) }
    }
}

extension UnlockedVault {
    /// The audit trail, the newest entry last.
    ///
    /// - Throws: `damaged` if the chain is broken.
    func auditTrail() throws(VaultError) -> [AuditTrail.Entry] {
        let (header, snapshot) = try read(Query(log: .all))
        if let finding = brokenLink(snapshot.log, header.state.audit) { throw .damaged(.findings([finding])) }
        return snapshot.log.compactMap { row in
            (try? sealer.auditEntry(row)).map { AuditTrail.Entry(number: row.number, $0) }
        }
    }

    /// The first gap or edited entry of the chain; nil if it is whole.
    func brokenLink(_ rows: [LogRecord], _ bounds: AuditBounds) -> Verification.Finding? {
        guard rows.map(\.number) == Array(bounds.oldest..<bounds.newest + 1) else { return .auditTrailHasGaps }
        var before = bounds.beforeOldest
        for row in rows {
            guard let entry = try? sealer.auditEntry(row), entry.previous == before else {
                return .auditTrailBroken(row.number)
            }
            before = sealer.digest(of: row)
        }
        return before == bounds.newestDigest ? nil : .auditTrailBroken(bounds.newest)
    }
}
