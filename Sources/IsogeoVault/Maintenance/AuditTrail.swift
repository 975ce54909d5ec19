public import struct FoundationEssentials.Date

/// What was done to a vault, in its order: sealed, and chained so that no entry can be taken out or changed by anybody
/// without the vault's key.
public struct AuditTrail: Sendable {
    /// One thing that was done.
    public struct Entry: Sendable, Equatable {
        /// Its number, from 1.
        public let number: Int64
        /// When it was done, by that computer's clock.
        public let time: Date
        /// What was done.
        public let event: AuditEvent

        init(number: Int64, _ entry: AuditEntry) {
            self.number = number
            time = Date(timeIntervalSince1970: Double(entry.time))
            event = entry.event
        }
    }

    /// The entries that are kept, the newest last; the oldest go beyond 10 000.
    public let entries: [Entry]
}
