internal import VaultCrypto
internal import VaultOAuth
internal import VaultStore

/// The records of a vault, sealed anew under another key.
///
/// One box is open at a time: a vault may have thousands of secrets, and guarded memory is for a few dozen.
struct Resealing {
    /// What replaces every row except those of slots.
    private(set) var changes: [Mutation] = [.removeAllTokens, .removeAllSessions, .removeLogEntries(through: .max)]
    /// The header's new state.
    private(set) var state: HeaderState

    /// Seals a state of the vault anew.
    ///
    /// - Parameters:
    ///   - snapshot: all records.
    ///   - state: the state of its header.
    ///   - old: the sealer of the present key.
    ///   - new: the sealer of the new key.
    ///   - events: what is appended to the audit trail.
    ///   - now: seconds since 1970.
    /// - Throws: `authenticationFailed` for a box that doesn't open. Tokens that don't open are left out, and so are
    ///   tokens with other scopes than the application's: the id of a token depends on its request, which isn't stored.
    init(
        _ snapshot: Snapshot,
        _ state: HeaderState,
        from old: borrowing RecordSealer,
        to new: borrowing RecordSealer,
        appending events: [AuditEvent],
        now: Int64
    ) throws(CryptoError) {
        self.state = state
        self.state.applications = SetHash()
        for row in snapshot.applications {
            let metadata = try old.metadata(of: row)
            let sealed = new.application(row.id, metadata, secret: try old.secret(of: row, metadata))
            self.state.applications.add(new.digest(of: sealed))
            changes.append(.putApplication(sealed))
            for token in snapshot.tokens where token.application == row.id {
                if let token = Self.token(token, metadata, from: old, to: new) { changes.append(.putToken(token)) }
            }
        }
        let rows = try Self.log(snapshot.log, &self.state.audit, from: old, to: new)
        changes += rows.map(Mutation.putLogEntry)
        changes += new.auditEntries(events, &self.state.audit, oldest: Array(rows.prefix(events.count)), now: now)
    }

    private static func token(
        _ row: TokenRecord,
        _ metadata: ApplicationMetadata,
        from old: borrowing RecordSealer,
        to new: borrowing RecordSealer
    ) -> TokenRecord? {
        guard let token = try? old.token(row) else { return nil }
        for request in metadata.likelyRequests
        where old.tokenID(of: row.application, metadata, request: request) == row.id {
            let id = new.tokenID(of: row.application, metadata, request: request)
            return new.token(id, of: row.application, token)
        }
        return nil
    }

    /// The same entries, chained by digests under the new key; the oldest keeps the digest of its predecessor, which is
    /// gone.
    private static func log(
        _ rows: [LogRecord],
        _ bounds: inout AuditBounds,
        from old: borrowing RecordSealer,
        to new: borrowing RecordSealer
    ) throws(CryptoError) -> [LogRecord] {
        var before = bounds.beforeOldest
        var sealed: [LogRecord] = []
        sealed.reserveCapacity(rows.count)
        for row in rows {
            let entry = try old.auditEntry(row)
            let next = new.auditEntry(
                AuditEntry(time: entry.time, event: entry.event, previous: before),
                number: row.number
            )
            before = new.digest(of: next)
            sealed.append(next)
        }
        bounds.newestDigest = before
        return sealed
    }
}

extension ApplicationMetadata {
    /// The usual requests for its tokens: without a scope, or with all of its scopes.
    fileprivate var likelyRequests: [[UInt8]] {
        [nil, scopes.isEmpty ? nil : scopes.joined(separator: " ")].compactMap { scope in
            (try? TokenRequest(endpoint: endpoint, scope: scope))?.body
        }
    }
}
