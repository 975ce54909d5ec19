internal import VaultOAuth
internal import VaultStore

/// What is left behind for others, and what is given where nothing new is to be had.
extension TokenAcquirer {
    /// Keeps a token in the vault.
    ///
    /// It is in hand: that it can't be kept is worth a warning and no more.
    ///
    /// - Returns: false for a token of a secret that isn't the application's any more.
    func store(_ token: StoredToken, _ prospect: CacheMiss) -> Bool {
        guard !contents.database.isReadOnly else {
            dependencies.warn(
                .readOnly,
                "The vault at \(contents.database.location) is read-only: the token isn't kept."
            )
            return true
        }
        do throws(VaultError) {
            let row = contents.sealer.token(prospect.id, of: prospect.application.row.id, token)
            return try contents.store(row, of: prospect.application, now: dependencies.now())
        } catch {
            dependencies.warn("The token isn't kept. \(error.sentence) \(error.remedy)")
            return true
        }
    }

    /// Takes the note of a failure away where a token was granted that can't take its place.
    func forgetNote(_ prospect: CacheMiss) {
        guard prospect.note != nil else { return }
        try? contents.removeNotes(of: prospect.id, prospect.application)
    }

    /// Leaves a note for those who wait for the lease, before they get it.
    func remember(_ error: OAuthError, since began: Int64, _ prospect: CacheMiss) {
        // What this process or computer lacks, others may have.
        guard [.refused, .unavailable, .unacceptableAnswer].contains(error.category),
            interruption?.isInterrupted != true, !contents.database.isReadOnly
        else { return }
        let now = dependencies.now()
        let asked = min(error.notBefore ?? now, now + CachedFailure.longestMemory)
        let note = CachedFailure(
            began: began,
            ended: now,
            notBefore: error.category == .refused ? max(asked, now + CachedFailure.refusalMemory) : asked,
            .problem(error)
        )
        // Where none can be left they ask for themselves, and are told then.
        let application = prospect.application
        let place = error.category == .refused ? contents.sealer.refusalID(of: application) : prospect.id
        try? contents.store(note, insteadOf: place, of: application, now: now)
    }

    /// What is given where there is no new token: the old one, while it lives, to whoever wants a token and nothing more.
    ///
    /// - Throws: the error, where there is none.
    func instead(of error: VaultError, _ prospect: CacheMiss) throws(VaultError) -> TokenResult {
        let least = max(minimum, TokenCache.minimumStaleLifetime)
        let old: StoredToken? =
            switch purpose {
            case .use: prospect.cached
            case .renewal(let old): old
            case .refresh: nil
            }
        guard let old, old.lifetime.isPlausible(dependencies.now()), remaining(old) > least else { throw error }
        dependencies.warn("\(error.sentence) The cached token is given out while it lives. \(error.remedy)")
        var issued = issued(old, prospect)
        issued.failure = error
        return issued
    }

}
