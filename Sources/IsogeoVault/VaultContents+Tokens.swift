internal import VaultStore

extension VaultContents {
    /// Keeps a token, and lets go of all that have expired.
    ///
    /// - Throws: `tryAgain` when its application has changed meanwhile; what the store throws.
    func store(_ token: TokenRecord, now: Int64) throws(VaultError) {
        let deadline = ContinuousClock.now + VaultDatabase.patience
        while true {
            let header = try read().header
            do {
                return try database.commit(
                    [.removeTokensExpired(at: now), .putToken(token)],
                    expecting: header.record.tag
                )
            } catch {
                guard error == .changedMeanwhile, ContinuousClock.now < deadline else { throw VaultError(error) }
                // Somebody changed the vault: where the application is gone or has another secret, so has the token.
                let rows = try read(Wanted(applications: .identified(id: token.application))).snapshot.applications
                guard !rows.isEmpty else { throw VaultError(error) }
            }
        }
    }
}
