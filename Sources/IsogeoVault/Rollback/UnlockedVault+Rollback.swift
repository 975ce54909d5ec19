internal import VaultStore

extension UnlockedVault {
    /// Compares the opened vault with its mark.
    ///
    /// That a mark which is behind can't be written is said at changes alone, not each time the vault is read.
    ///
    /// - Parameters:
    ///   - policy: what to do if the vault is older than its mark.
    ///   - now: returns the time in seconds since 1970, if it is needed.
    /// - Returns: a warning.
    /// - Throws: `rolledBack`.
    func compareWithMark(_ policy: RollbackPolicy, now: () -> Int64) throws(VaultError) -> VaultNotice? {
        guard let mark, policy != .ignored else { return nil }
        switch mark.finding(openedHeader, sealer) {
        case .current: return nil
        case .behind:
            try? mark.write(openedHeader, sealer)
            return nil
        case .unusable(let fault):
            // It is worth no more than a missing mark: an attacker who can edit it can delete it.
            try? mark.write(openedHeader, sealer)
            return .unusableMark(fault)
        case .ahead(let seen):
            // Another process may have written the vault and then its mark after this one read the vault. A second
            // reading is at least as new as the mark.
            let present = try read().header.record
            guard present.keyEpoch < seen.keyEpoch || present.generation < seen.generation else { return nil }
            guard policy == .accepted else { throw .rolledBack(database.location, present, seen) }
            guard !database.isReadOnly else { return .acceptedReadOnly }
            try change(Query(), now: now()) { (draft) throws(VaultError) in
                // A mark of a newer key can't be proven, and a forged generation could be one that no vault reaches.
                if seen.keyEpoch == present.keyEpoch { draft.generationAbove = seen.generation }
                draft.events.append(AuditEvent(.rollbackAccepted))
            }
            return nil
        }
    }
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

extension UnlockedVault.Reporting {
    /// Stores the state that a change has made as the newest; where that can't be, its user is warned each time.
    func mark(_ header: HeaderRecord, _ sealer: borrowing RecordSealer, _ mark: HighWaterMark?) {
        do throws(StoreError) { try mark?.write(header, sealer) } catch { warn(.unmarked(error)) }
    }
}
