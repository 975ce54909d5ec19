internal import VaultCrypto
internal import VaultStore
internal import VaultSystem

public import struct FoundationEssentials.Date

/// A vault's events in their order: sealed, and chained so that without the vault's key no entry can be removed or
/// changed.
public struct AuditTrail: Sendable {
    /// One event, or a day's requests for tokens of one application.
    public struct Entry: Sendable, Equatable {
        /// Its number, from 1; nil for requests, which are counted by the day (UTC).
        public let number: Int64?
        /// Its time, by the clock of the computer that wrote it; of the last request.
        public let time: Date
        /// The event.
        public let event: AuditEvent

        init(number: Int64?, time: Int64, _ event: AuditEvent) {
            self.number = number
            self.time = Date(timeIntervalSince1970: Double(time))
            self.event = event
        }
    }

    /// The end of the trail, which names all that is before it: to be noted where no program with the vault's key
    /// changes it.
    public struct Head: Sendable, Hashable {
        /// The number of the newest entry; 0 for none.
        public let number: Int64
        /// Its digest, 32 bytes.
        public let digest: [UInt8]

        /// The end in the form of its description, a number and 64 hexadecimal digits with a colon in between; nil for
        /// anything else.
        public init?(_ text: String) {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let number = Int64(parts[0]), number >= 0,
                let digest = HexadecimalDigits.bytes(parts[1]), digest.count == KeyedHash.count
            else { return nil }
            self.init(number: number, digest: digest)
        }

        init(number: Int64, digest: [UInt8]) {
            self.number = number
            self.digest = digest
        }

        init(_ bounds: AuditBounds) { self.init(number: bounds.newest, digest: bounds.newestDigest) }
    }

    /// The entries, the newest last.
    ///
    /// The oldest are removed beyond 10 000 changes, and beyond 10 000 days and
    /// applications with requests, which don't push out changes.
    public let entries: [Entry]
    /// The newest entry that isn't a request.
    public let head: Head
}

extension Vault {
    /// The vault's audit trail.
    ///
    /// - Throws: `damaged` if entries were changed or removed.
    public func auditTrail() async throws(VaultError) -> AuditTrail {
        try await dependencies.perform { () throws(VaultError) in try contents.auditTrail() }
    }
}

extension UnlockedVault {
    /// The audit trail, the newest entry last.
    ///
    /// - Throws: `damaged` if the chain is broken.
    func auditTrail() throws(VaultError) -> AuditTrail {
        let (header, snapshot) = try read(Query(log: .all))
        for trail in Trail.allCases {
            if let finding = brokenLink(snapshot.log, trail, header.state) { throw .damaged(.findings([finding])) }
        }
        var changes: [AuditTrail.Entry] = []
        var requests: [AuditTrail.Entry] = []
        for row in snapshot.log {
            guard let entry = try? sealer.auditEntry(row) else { continue }
            if row.trail == .changes {
                changes.append(AuditTrail.Entry(number: row.number, time: entry.time, entry.event))
            } else {
                requests.append(AuditTrail.Entry(number: nil, time: entry.time, entry.event))
            }
        }
        let entries = Self.merged(changes, requests, header.state.tallies)
        return AuditTrail(entries: entries, head: AuditTrail.Head(header.state.changes))
    }

    /// All of them in the order of the changes: requests of earlier days by their times, whatever a clock did, and
    /// today's where they were.
    private static func merged(
        _ changes: [AuditTrail.Entry],
        _ requests: [AuditTrail.Entry],
        _ tallies: [RequestTally]
    ) -> [AuditTrail.Entry] {
        var entries: [AuditTrail.Entry] = []
        // The time of one that a clock put into the future is no later than those of its successors.
        var times = requests.map(\.time)
        for place in times.indices.dropLast().reversed() { times[place] = min(times[place], times[place + 1]) }
        var (next, tallies) = (0, tallies[...])
        func append(before change: AuditTrail.Entry?) {
            while next < requests.count, change.map({ times[next] < $0.time }) ?? true {
                entries.append(requests[next])
                next += 1
            }
            while let tally = tallies.first, change.flatMap(\.number).map({ tally.after < $0 }) ?? true {
                entries.append(AuditTrail.Entry(number: nil, time: tally.last, tally.event))
                tallies.removeFirst()
            }
        }
        for change in changes {
            append(before: change)
            entries.append(change)
        }
        append(before: nil)
        return entries
    }

    /// The first gap or edited entry of a half of the trail; nil if it is whole.
    func brokenLink(_ rows: [LogRecord], _ trail: Trail, _ state: HeaderState) -> Verification.Finding? {
        let rows = rows.filter { $0.trail == trail }
        let bounds = state[trail]
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
