internal import VaultHTTP
internal import VaultOAuth
internal import VaultStore

/// What a request leaves in the vault, and the token that stands in for a new one.
extension TokenAcquirer {
    /// How long the vault is waited for even where the request took all the time: what isn't stored is requested again,
    /// by each process that waits for it.
    private static let storing = Duration.seconds(1)

    /// Stores a token in the vault.
    ///
    /// The caller has the token already, so a failure to store it is only a warning.
    ///
    /// - Returns: false if the application's secret was replaced during the request.
    func store(_ token: StoredToken, _ miss: CacheMiss) -> Bool {
        guard !contents.database.isReadOnly else {
            dependencies.warn(of: .readOnly(path: contents.database.location))
            return true
        }
        do throws(VaultError) {
            return try inTime(least: Self.storing) { () throws(VaultError) in
                try contents.store(token, miss.request.body, of: miss.application, now: dependencies.now())
            }
        } catch {
            dependencies.warn(of: .tokenNotStored(error))
            return true
        }
    }

    /// Removes the note of a failure after a grant that may not be cached, and so can't replace the note.
    func forgetNote(_ miss: CacheMiss) {
        guard miss.note != nil else { return }
        try? contents.removeNotes(miss.request.body, of: miss.application)
    }

    /// Stores a note of a failure for the processes that wait for the lease.
    func remember(_ error: OAuthError, since began: Int64, _ miss: CacheMiss) {
        // A failure of this process or computer says nothing about others.
        guard [.refused, .unavailable, .unacceptableAnswer].contains(error.category),
            interruption?.isInterrupted != true, !contents.database.isReadOnly
        else { return }
        let isRefusal = error.category == .refused
        let now = dependencies.now()
        let asked = min(error.notBefore ?? now, now + CachedFailure.longestMemory)
        let note = CachedFailure(
            began: began,
            ended: now,
            notBefore: isRefusal ? max(asked, now + CachedFailure.refusalMemory) : asked,
            .problem(error)
        )
        do throws(VaultError) {
            try inTime(least: Self.storing) { () throws(VaultError) in
                if isRefusal {
                    try contents.storeRefusal(note, of: miss.application, now: now)
                } else {
                    try contents.store(note, insteadOf: miss.request.body, of: miss.application, now: now)
                }
            }
        } catch {
            // If the note can't be stored, the others send requests of their own and learn the same. A refusal has an
            // entry of the audit trail, too.
            if isRefusal { dependencies.warn(of: .unrecorded(error)) }
        }
    }

    /// The old token, while it lives, in place of a new one that couldn't be had (stale-if-error, RFC 5861 §4).
    ///
    /// - Throws: the error, if there is no such token, or the caller insists on a new one.
    func staleToken(after error: VaultError, _ miss: CacheMiss) throws(VaultError) -> TokenResult {
        let least = max(minimum, TokenCache.minimumStaleLifetime)
        let old: StoredToken? =
            switch purpose {
            case .use: miss.cached
            case .renewal(let old): old
            case .refresh: nil
            }
        guard let old, old.lifetime.isPlausible(dependencies.now()), remaining(old) > least else { throw error }
        dependencies.warn(of: .staleToken(error))
        var result = result(old, miss)
        result.failure = error
        return result
    }
}
