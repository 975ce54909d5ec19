internal import VaultCrypto
internal import VaultOAuth
internal import VaultStore

/// The records of a vault, sealed anew: under another key, or in the present format.
///
/// One box is open at a time: a vault may have thousands of secrets, and guarded memory is for a few dozen.
struct Resealing {
    /// What replaces every row except those of slots and sessions.
    var changes: [Mutation] {
        [.convert, .removeAllTokens, .removeAllLogEntries] + applications.map(Mutation.putApplication)
            + certificates.map(Mutation.putCertificates) + tokens.map(Mutation.putToken) + tree.changes
            + log.map(Mutation.putLogEntry)
    }
    private(set) var applications: [ApplicationRecord] = []
    private(set) var certificates: [CertificatesRecord] = []
    private(set) var tokens: [TokenRecord] = []
    private(set) var log: [LogRecord] = []
    let tree: ApplicationTree
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
        let rows = Dictionary(grouping: snapshot.tokens, by: \.application)
        for row in snapshot.applications {
            let metadata = try old.complete(try old.metadata(of: row), of: row.id, from: snapshot.certificates)
            let present = StoredApplication(row, metadata, old)
            let sealed = new.application(row.id, metadata, secret: try old.secret(of: row, metadata))
            applications.append(sealed)
            if let box = new.certificates(of: row.id, metadata) { certificates.append(box) }
            let next = StoredApplication(sealed, metadata, new)
            tokens += (rows[row.id] ?? []).compactMap { Self.token($0, of: present, for: next, from: old, to: new) }
        }
        tree = ApplicationTree(applications.map { ApplicationTree.Leaf($0, new) }, new)
        self.state.applications = .tree(tree.summary)
        for trail in Trail.allCases {
            let rows = snapshot.log.filter { $0.trail == trail }
            log += try Self.log(rows, trail, &self.state[trail], from: old, to: new)
        }
        for case .putLogEntry(let row) in new.auditEntries(events, &self.state, oldest: [], now: now) {
            log.append(row)
        }
    }

    /// The token under its new id; nil for one that doesn't open, or whose request isn't known.
    private static func token(
        _ row: TokenRecord,
        of present: StoredApplication,
        for next: StoredApplication,
        from old: borrowing RecordSealer,
        to new: borrowing RecordSealer
    ) -> TokenRecord? {
        guard let token = try? old.token(row, of: present) else { return nil }
        for request in present.metadata.likelyRequests
        where old.tokenID(of: present, request: request) == row.id {
            return new.token(new.tokenID(of: next, request: request), of: next, token)
        }
        return nil
    }

    /// The same entries, chained by digests under the new key; the oldest keeps the digest of its predecessor, which is
    /// gone.
    private static func log(
        _ rows: [LogRecord],
        _ trail: Trail,
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
                trail,
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
