internal import VaultCrypto
internal import VaultStore

/// The audit trail: entries, and the requests that are counted before they get one.
extension RecordSealer {
    func auditEntry(_ entry: AuditEntry, _ trail: Trail, number: Int64) -> LogRecord {
        let box = subkeys.seal(
            entry.encoded.span,
            for: .log,
            padding: .secret,
            authenticating: context.auditEntry(.current, trail, number)
        )
        return LogRecord(trail: trail, number: number, box: box.combined)
    }

    func auditEntry(_ row: LogRecord) throws(CryptoError) -> AuditEntry {
        let box = try subkeys.open(
            row.box,
            for: .log,
            padding: .secret,
            authenticating: context.auditEntry(row.format, row.trail, row.number)
        )
        return try AuditEntry(encoded: box.publicBytes)
    }

    /// Appends `events` to the audit trail, and removes the oldest entries above the limit.
    ///
    /// A request for a token is counted with the others of its application and day; once the day is over, the next
    /// change makes one entry of them.
    ///
    /// - Parameters:
    ///   - events: the events, in their order.
    ///   - state: of the header: the ends of the trail, and the open counts, before and after.
    ///   - oldest: the oldest rows. One with an unexpected number stays, and `verify` reports it.
    ///   - now: seconds since 1970.
    /// - Returns: the rows to write.
    func auditEntries(_ events: [AuditEvent], _ state: inout HeaderState, oldest: [LogRecord], now: Int64)
        -> [Mutation]
    {
        var changes: [Mutation] = []
        for tally in state.tallies where !tally.isOfDay(now) { changes.append(append(tally, &state)) }
        state.tallies.removeAll { !$0.isOfDay(now) }
        for event in events where event.kind.trail == .changes {
            changes.append(append(event, .changes, at: now, &state))
        }
        for event in events where event.kind.trail == .requests {
            if let closed = count(event, &state, now: now) { changes.append(append(closed, &state)) }
        }
        // A change with more events than are kept drops entries of its own.
        let own = changes.compactMap { change in
            if case .putLogEntry(let row) = change { row } else { nil }
        }
        var dropped: [Trail: Int64] = [:]
        for row in oldest + own where row.number == state[row.trail].oldest && state[row.trail].isFull {
            state[row.trail].oldest += 1
            state[row.trail].beforeOldest = digest(of: row)
            dropped[row.trail] = row.number
        }
        for trail in Trail.allCases {
            if let number = dropped[trail] { changes.append(.removeLogEntries(trail, through: number)) }
        }
        return changes
    }

    /// Counts a request.
    ///
    /// - Returns: another count that makes room for it, and gets its entry.
    private func count(_ event: AuditEvent, _ state: inout HeaderState, now: Int64) -> RequestTally? {
        guard let place = state.tallies.firstIndex(where: { $0.counts(event, at: now) }) else {
            let closed = state.tallies.count == RequestTally.limit ? state.tallies.removeFirst() : nil
            state.tallies.append(RequestTally(event, at: now, after: state.changes.newest))
            return closed
        }
        // The one that was counted last is the last.
        var tally = state.tallies.remove(at: place)
        tally.count += 1
        (tally.last, tally.after) = (now, state.changes.newest)
        state.tallies.append(tally)
        return nil
    }

    private func append(_ tally: RequestTally, _ state: inout HeaderState) -> Mutation {
        append(tally.event, .requests, at: tally.last, &state)
    }

    private func append(_ event: AuditEvent, _ trail: Trail, at time: Int64, _ state: inout HeaderState) -> Mutation {
        let entry = AuditEntry(time: time, event: event, previous: state[trail].newestDigest)
        let row = auditEntry(entry, trail, number: state[trail].newest + 1)
        state[trail].newest = row.number
        state[trail].newestDigest = digest(of: row)
        return .putLogEntry(row)
    }

    /// The digest by which the next entry and the header authenticate this one.
    func digest(of row: LogRecord) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.append(row.number)
        encoder.append(row.box)
        return subkeys.digest(of: encoder.bytes, for: row.format.logDigests)
    }
}

extension VaultFormat {
    fileprivate var logDigests: VaultKey.Purpose { self == .first ? .rows : .logDigests }
}
