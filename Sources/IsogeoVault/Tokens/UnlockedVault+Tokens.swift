internal import Synchronization
internal import VaultStore

extension UnlockedVault {
    /// Stores a token, removes expired ones and the note of a failure, and records the request in the audit trail.
    ///
    /// - Parameters:
    ///   - token: what is stored.
    ///   - request: the body that requested it.
    ///   - application: the application as it was at the time of the request.
    ///   - now: seconds since 1970.
    /// - Returns: false if the secret was replaced during the request: no lookup would ever find its token.
    /// - Throws: `tryAgain` if the application is gone; what the store throws.
    func store(_ token: StoredToken, _ request: [UInt8], of application: StoredApplication, now: Int64)
        throws(VaultError) -> Bool
    {
        try storing.withLock { _ throws(VaultError) in
            try changeTokens(of: application, now: now) { (draft, present) in
                let id = sealer.tokenID(of: present, request: request)
                draft.changes = [.removeTokensExpired(at: now), .removeSessionsExpired(at: now)]
                draft.changes.append(.putToken(sealer.token(id, of: present, token)))
                draft.changes += noteRemovals(request, of: present)
                draft.events = [AuditEvent(.tokenRequested, present.metadata.name.description)]
            }
        }
    }

    /// Stores the note of a failure for waiting processes.
    ///
    /// - Parameters:
    ///   - note: the failure.
    ///   - request: of the token.
    ///   - application: the application as it was at the time of the request.
    ///   - now: seconds since 1970.
    /// - Throws: what the store throws.
    func store(_ note: CachedFailure, insteadOf request: [UInt8], of application: StoredApplication, now: Int64)
        throws(VaultError)
    {
        let id = sealer.noteID(of: sealer.tokenID(of: application, request: request), application)
        try changeTokens([.removeTokensExpired(at: now), .putToken(sealer.note(id, of: application, note))])
    }

    /// Stores the note of a refused credential, which doesn't depend on the request, and records it in the audit trail.
    func storeRefusal(_ note: CachedFailure, of application: StoredApplication, now: Int64) throws(VaultError) {
        _ = try changeTokens(of: application, now: now) { (draft, present) in
            let id = sealer.noteID(of: sealer.refusalID(of: present), present)
            draft.changes = [.removeTokensExpired(at: now), .putToken(sealer.note(id, of: present, note))]
            draft.events = [AuditEvent(.credentialRefused, present.metadata.name.description)]
        }
    }

    /// Changes tokens of an application; nothing if its secret was replaced since it was read.
    ///
    /// - Returns: whether something was written.
    private func changeTokens(
        of application: StoredApplication,
        now: Int64,
        _ body: (inout PendingWrite, StoredApplication) -> Void
    ) throws(VaultError) -> Bool {
        try change(Query(applications: .identified(id: application.row.id)), now: now) {
            (draft) throws(VaultError) -> Bool in
            draft.raisesGeneration = false
            guard let row = draft.snapshot.applications.first else { throw VaultError(StoreError.changedMeanwhile) }
            let present = try authenticated(row, draft.header, draft.snapshot)
            guard present.metadata.credential == application.metadata.credential else {
                draft.isRehearsal = true
                return false
            }
            body(&draft, present)
            return true
        }
    }

    /// Removes the notes that keep processes from requesting a token.
    func removeNotes(_ request: [UInt8], of application: StoredApplication) throws(VaultError) {
        try changeTokens(noteRemovals(request, of: application))
    }

    private func noteRemovals(_ request: [UInt8], of application: StoredApplication) -> [Mutation] {
        [sealer.tokenID(of: application, request: request), sealer.refusalID(of: application)].map {
            .removeToken(id: sealer.noteID(of: $0, application))
        }
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
    func lifetime(of row: TokenRecord, _ application: StoredApplication) -> TokenLifetime? {
        (try? sealer.token(row, of: application))?.lifetime
    }

    /// Drops the cached tokens of an application, or all.
    func forget(_ application: StoredApplication?, now: Int64) throws(VaultError) {
        try change(Query(), now: now) { (draft) throws(VaultError) in
            draft.changes = [application.map { .removeTokens(application: $0.row.id) } ?? .removeAllTokens]
            draft.events = [AuditEvent(.tokensForgotten, application?.metadata.name.description ?? "")]
            draft.raisesGeneration = false
        }
    }
}
