internal import Synchronization
internal import VaultStore

extension UnlockedVault {
    /// Keeps a token, lets go of all that have expired and of the note in its place, and tells that it was asked for.
    ///
    /// - Parameters:
    ///   - token: its row.
    ///   - application: whose it is, as it was when the server was asked.
    ///   - now: seconds since 1970.
    /// - Returns: whether it was kept: a token of a secret that was replaced meanwhile would lie there and never be found.
    /// - Throws: `tryAgain` when its application has gone meanwhile; what the store throws.
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

    /// Keeps the note of a failure for those who wait; it is no use of a secret that the audit trail would tell.
    func store(_ note: CachedFailure, insteadOf token: [UInt8], of application: StoredApplication, now: Int64)
        throws(VaultError)
    {
        let row = sealer.note(sealer.noteID(of: token), of: application.row.id, note)
        try changeTokens([.removeTokensExpired(at: now), .putToken(row)])
    }

    /// Lets go of what keeps others from asking for a token.
    func removeNotes(of token: [UInt8], _ application: StoredApplication) throws(VaultError) {
        try changeTokens(noteRemovals(of: token, application))
    }

    private func noteRemovals(of token: [UInt8], _ application: StoredApplication) -> [Mutation] {
        [token, sealer.refusalID(of: application)].map { .removeToken(id: sealer.noteID(of: $0)) }
    }

    /// Lets go of a cached token that an API refuses, unless another lies in its place by now.
    func remove(_ row: TokenRecord) throws(VaultError) {
        try changeTokens([.removeTokenIfUnchanged(id: row.id, box: row.box)])
    }

    /// Changes tokens alone, and the header not.
    private func changeTokens(_ changes: [Mutation]) throws(VaultError) {
        try database.commit { () throws(VaultError) -> PreparedCommit<Void> in
            PreparedCommit(changes: changes, tag: try read().header.record.tag, result: ())
        }
    }

    /// How long a cached token lives; nil when it can't be opened.
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
