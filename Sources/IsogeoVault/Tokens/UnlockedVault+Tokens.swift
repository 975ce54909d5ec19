internal import Synchronization
internal import VaultStore

extension UnlockedVault {
    /// Stores a token, removes expired ones and the note of a failure, and records the request in the audit trail.
    ///
    /// - Parameters:
    ///   - token: its row.
    ///   - application: the application as it was at the time of the request.
    ///   - now: seconds since 1970.
    /// - Returns: false if the secret was replaced during the request: no lookup would ever find its token.
    /// - Throws: `tryAgain` if the application is gone; what the store throws.
    func store(_ token: TokenRecord, of application: StoredApplication, now: Int64) throws(VaultError) -> Bool {
        try storing.withLock { _ throws(VaultError) in try storeInTurn(token, of: application, now: now) }
    }

    private func storeInTurn(_ token: TokenRecord, of application: StoredApplication, now: Int64) throws(VaultError)
        -> Bool
    {
        try change(Query(applications: .identified(id: token.application)), now: now) {
            (draft) throws(VaultError) -> Bool in
            guard let row = draft.snapshot.applications.first else { throw VaultError(StoreError.changedMeanwhile) }
            let metadata = try stored(row).metadata
            guard metadata.credential == application.metadata.credential else {
                draft.isRehearsal = true
                return false
            }
            draft.changes = [
                .removeTokensExpired(at: now), .removeSessionsExpired(at: now), .putToken(token),
            ]
            draft.changes += noteRemovals(of: token.id, application)
            draft.events = [AuditEvent(.tokenRequested, metadata.name.description)]
            draft.raisesGeneration = false
            return true
        }
    }

    /// Stores the note of a failure for waiting processes; the audit trail records grants only.
    func store(_ note: CachedFailure, insteadOf token: [UInt8], of application: StoredApplication, now: Int64)
        throws(VaultError)
    {
        let row = sealer.note(sealer.noteID(of: token), of: application.row.id, note)
        try changeTokens([.removeTokensExpired(at: now), .putToken(row)])
    }

    /// Removes the notes that keep processes from requesting a token.
    func removeNotes(of token: [UInt8], _ application: StoredApplication) throws(VaultError) {
        try changeTokens(noteRemovals(of: token, application))
    }

    private func noteRemovals(of token: [UInt8], _ application: StoredApplication) -> [Mutation] {
        [token, sealer.refusalID(of: application)].map { .removeToken(id: sealer.noteID(of: $0)) }
    }

    /// Removes a cached token that an API refuses, unless it was replaced already.
    func remove(_ row: TokenRecord) throws(VaultError) {
        try changeTokens([.removeTokenIfUnchanged(id: row.id, box: row.box)])
    }

    /// Changes tokens without writing the header.
    private func changeTokens(_ changes: [Mutation]) throws(VaultError) {
        try database.commit { () throws(VaultError) -> PreparedCommit<Void> in
            PreparedCommit(changes: changes, tag: try read().header.record.tag, result: ())
        }
    }

    /// A cached token's lifetime; nil if its box can't be opened.
    func lifetime(of row: TokenRecord) -> TokenLifetime? { (try? sealer.token(row))?.lifetime }

    /// Drops the cached tokens of an application, or all.
    func forget(_ application: StoredApplication?, now: Int64) throws(VaultError) {
        try change(Query(), now: now) { (draft) throws(VaultError) in
            draft.changes = [application.map { .removeTokens(application: $0.row.id) } ?? .removeAllTokens]
            draft.events = [AuditEvent(.tokensForgotten, application?.metadata.name.description ?? "")]
            draft.raisesGeneration = false
        }
    }
}
