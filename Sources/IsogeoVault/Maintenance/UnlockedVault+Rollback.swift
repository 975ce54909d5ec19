internal import VaultStore

extension UnlockedVault {
    /// Compares the vault, as it was opened, with what was seen of it before.
    ///
    /// - Parameters:
    ///   - policy: what to do about a vault that is older than it was.
    ///   - now: tells the time, in seconds since 1970, where it is wanted.
    /// - Returns: what to warn of.
    /// - Throws: `rolledBack`.
    func compareWithMark(_ policy: RollbackPolicy, now: () -> Int64) throws(VaultError) -> String? {
        guard let mark, policy != .ignored else { return nil }
        switch mark.finding(openedHeader, sealer) {
        case .current: return nil
        case .behind:
            mark.write(openedHeader, sealer)
            return nil
        case .unusable(let sentence):
            // Not worth more than a missing one: whoever could edit it could delete it.
            mark.write(openedHeader, sealer)
            return "\(sentence) Whether the vault is older than it was can't be told this time."
        case .ahead(let seen):
            // Somebody may have written the vault, and then its mark, since we read the vault: another look at it is at
            // least as new as the mark that we have read.
            let present = try read().header.record
            guard present.keyEpoch < seen.keyEpoch || present.generation < seen.generation else { return nil }
            guard policy == .accepted else { throw .rolledBack(database.location, present, seen) }
            guard !database.isReadOnly else {
                return "The vault is older than it was, and is read-only: that will be said again the next time."
            }
            try change(Query(), now: now()) { (draft) throws(VaultError) in
                // That of a newer key can't be proven, and a made-up one would be the last that ever fits.
                if seen.keyEpoch == present.keyEpoch { draft.generationAbove = seen.generation }
                draft.events.append(AuditEvent(.rollbackAccepted))
            }
            return nil
        }
    }
}

/// What to do about a vault that is older than it was when it was last seen here.
package enum RollbackPolicy: Sendable {
    case refused
    /// It is taken as it is, and from then on counts as the newest.
    case accepted
    /// Nobody looks, and nothing is remembered: for backups that are restored.
    case ignored
}

extension VaultError {
    static func rolledBack(_ path: String, _ header: HeaderRecord, _ seen: HighWaterMark.State) -> VaultError {
        let isOlderKey = seen.keyEpoch > header.keyEpoch
        return VaultError(
            .rolledBack(
                path: path,
                isOlderKey ? .olderKey : .generation(header.generation, seen: seen.generation)
            )
        )
    }
}
