internal import VaultStore

extension VaultContents {
    /// Keeps a token, lets go of all that have expired, and tells that it was asked for.
    ///
    /// - Throws: `tryAgain` when its application has gone meanwhile; what the store throws.
    func store(_ token: TokenRecord, of application: ApplicationName, now: Int64) throws(VaultError) {
        try change(Wanted(applications: .identified(id: token.application)), now: now) { (draft) throws(VaultError) in
            guard !draft.snapshot.applications.isEmpty else { throw VaultError(StoreError.changedMeanwhile) }
            draft.changes = [.removeTokensExpired(at: now), .removeSessionsExpired(at: now), .putToken(token)]
            draft.events = [AuditEvent(.tokenRequested, application.description)]
            draft.raisesGeneration = false
        }
    }

    /// How long a cached token lives; nil when it can't be opened.
    func lifetime(of row: TokenRecord) -> TokenLifetime? { (try? sealer.token(row))?.lifetime }

    /// Drops the cached tokens of an application, or all.
    func forget(_ application: StoredApplication?, now: Int64) throws(VaultError) {
        try change(Wanted(), now: now) { (draft) throws(VaultError) in
            draft.changes = [application.map { .removeTokens(application: $0.row.id) } ?? .removeAllTokens]
            draft.events = [AuditEvent(.tokensForgotten, application?.metadata.name.description ?? "")]
            draft.raisesGeneration = false
        }
    }
}
