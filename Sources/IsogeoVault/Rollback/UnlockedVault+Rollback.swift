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
        switch mark.finding(openedHeader, openedState, sealer) {
        case .current: return nil
        case .perhapsBehind(let seen) where try !hasEntry(seen):
            return try refuse(policy, now: now) { _ in .forked(number: seen.number) }
        case .behind, .perhapsBehind:
            try? mark.write(openedHeader, openedState, sealer)
            return nil
        case .unusable(let fault):
            // It is worth no more than a missing mark: an attacker who can edit it can delete it.
            try? mark.write(openedHeader, openedState, sealer)
            return .unusableMark(fault)
        case .forked(let seen):
            return try refuse(policy, now: now) { _ in seen.head.map { .forked(number: $0.number) } }
        case .ahead(let seen):
            // A mark of a newer key can't be proven, and a forged generation could be one that no vault reaches.
            let isProven = seen.keyEpoch == openedHeader.keyEpoch
            return try refuse(policy, above: isProven ? seen.generation : 0, now: now) { present in
                seen.rollback(to: HighWaterMark.State(present.record, present.state))
            }
        }
    }

    /// Refuses an older vault, unless it is to be accepted; it gets a generation above `generation` then.
    ///
    /// `rollback` says in which way the vault is older; nil if it isn't. Another process may have written the vault and
    /// then its mark after this one read the vault: a second reading is at least as new as the mark.
    private func refuse(
        _ policy: RollbackPolicy,
        above generation: Int64 = 0,
        now: () -> Int64,
        _ rollback: (CheckedHeader) -> VaultProblem.Rollback?
    ) throws(VaultError) -> VaultNotice? {
        guard let rollback = rollback(try read().header) else { return nil }
        guard policy == .accepted else { throw VaultError(.rolledBack(path: database.location, rollback)) }
        guard !database.isReadOnly else { return .acceptedReadOnly }
        try change(Query(), now: now()) { (draft) throws(VaultError) in
            draft.generationAbove = generation
            draft.events.append(AuditEvent(.rollbackAccepted))
        }
        return nil
    }

    /// Whether the audit trail has this entry; an entry that is gone for its age can't be asked.
    private func hasEntry(_ head: AuditTrail.Head) throws(VaultError) -> Bool {
        let (header, snapshot) = try read(Query(log: .change(head.number)))
        guard head.number >= header.state.changes.oldest else { return true }
        return snapshot.log.first.map { sealer.digest(of: $0) } == head.digest
    }
}

extension HighWaterMark.State {
    /// In which way a vault is older than this state of it; nil if it isn't.
    fileprivate func rollback(to present: Self) -> VaultProblem.Rollback? {
        if present.keyEpoch != keyEpoch { return present.keyEpoch < keyEpoch ? .olderKey : nil }
        if present.generation < generation { return .generation(present.generation, seen: generation) }
        if present.format != format { return present.format < format ? .olderFormat : nil }
        guard let seen = head, let head = present.head, head.number <= seen.number, head != seen else { return nil }
        return head.number == seen.number
            ? .forked(number: seen.number) : .entry(head.number, seen: seen.number)
    }
}

extension UnlockedVault.Reporting {
    /// Stores the state that a change has made as the newest; where that can't be, its user is warned each time.
    func mark(
        _ header: HeaderRecord,
        _ state: HeaderState,
        _ sealer: borrowing RecordSealer,
        _ mark: HighWaterMark?
    ) {
        do throws(StoreError) { try mark?.write(header, state, sealer) } catch { warn(.unmarked(error)) }
    }
}
