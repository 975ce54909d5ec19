internal import VaultKeys
internal import VaultStore

/// The rows and the header that a change writes, all in one transaction.
struct PendingWrite {
    /// The state that the change is based on.
    let header: UnlockedVault.CheckedHeader
    let snapshot: Snapshot
    /// The header's new state.
    var state: HeaderState
    /// The new tree of application rows.
    var tree: ApplicationTree
    /// The slots that the header authenticates, without those that were edited.
    let intactSlots: [KeySlot]
    /// The new slots; nil leaves the slots, and their digests in the header, as they are.
    var slots: [KeySlot]?
    /// The rows that change.
    var changes: [Mutation] = []
    /// What is appended to the audit trail.
    var events: [AuditEvent] = []
    /// Whether the vault's generation rises; a cached token doesn't raise it.
    var raisesGeneration = true
    /// The new generation is above this one too.
    var generationAbove: Int64 = 0
    /// Whether everything is checked and nothing written.
    var isRehearsal = false
}

extension UnlockedVault {
    /// Changes the vault: `body` gets the present state and makes the next one; it is called again when another process
    /// committed a change in between.
    ///
    /// - Parameters:
    ///   - wanted: what `body` reads.
    ///   - events: how many events it has at most, if many.
    ///   - now: seconds since 1970.
    ///   - slot: the slot that the change removes; no other may have been edited.
    ///   - body: fills in what to write.
    /// - Returns: what `body` returned.
    /// - Throws: what `body` throws; `damaged` while another slot is edited; what the store throws.
    func change<Result>(
        _ wanted: Query,
        events: Int = 0,
        now: Int64,
        leavingOut slot: [UInt8]? = nil,
        _ body: (inout PendingWrite) throws(VaultError) -> Result
    ) throws(VaultError) -> Result {
        try convert(now: now)
        var wanted = wanted
        if wanted.log == .none { wanted.log = .oldest(max(Self.eventLimit, Int64(events))) }
        let (result, header, draft) = try database.commit {
            () throws(VaultError) -> PreparedCommit<(Result, HeaderRecord, PendingWrite)> in
            let (header, snapshot) = try read(wanted)
            let altered = header.alteredSlots
            let intact = snapshot.slots.map(KeySlot.init).filter { slot in !altered.contains { $0.id == slot.id } }
            var draft = PendingWrite(
                header: header,
                snapshot: snapshot,
                state: header.state,
                tree: try tree(header, snapshot),
                intactSlots: intact
            )
            let result = try body(&draft)
            if draft.raisesGeneration { try Self.refuse(altered.filter { $0.id != slot }) }
            draft.changes += draft.tree.changes
            draft.state.applications = .tree(draft.tree.summary)
            draft.changes += sealer.auditEntries(draft.events, &draft.state, oldest: snapshot.log, now: now)
            let next = try nextHeader(draft, now: now)
            if draft.isRehearsal, database.isReadOnly {
                throw VaultError(StoreError.readOnly(path: database.location))
            }
            return PreparedCommit(
                changes: draft.isRehearsal ? nil : draft.changes + slotChanges(draft) + [.putHeader(next)],
                tag: header.record.tag,
                result: (result, next, draft)
            )
        }
        guard !draft.isRehearsal else { return result }
        // A token alone isn't worth another file: the log is what a mark is for.
        if draft.raisesGeneration || draft.events.contains(where: { $0.kind.trail == .changes }) {
            report.mark(header, draft.state, sealer, mark)
        }
        report(draft.events, AuditTrail.Head(draft.state.changes))
        return result
    }

    // No other change has more events than this, and each trail drops as many of its oldest entries for them. The
    // counts of a day that is over may be more: the changes that follow drop the rest.
    private static let eventLimit: Int64 = 8

    static func refuse(_ altered: [AlteredSlot]) throws(VaultError) {
        guard !altered.isEmpty else { return }
        throw .damaged(.slotsEdited(altered))
    }

    private func nextHeader(_ draft: PendingWrite, now: Int64) throws(VaultError) -> HeaderRecord {
        let before = draft.snapshot.header.slots
        guard let slots = draft.slots.map({ SlotDigests($0.map(\.digestEntry)) }) ?? before else {
            throw VaultError(
                .slotCount(limit: KeySlot.limit, isEmpty: draft.slots?.isEmpty == true)
            )
        }
        var previous = draft.snapshot.header
        previous.generation = max(previous.generation, draft.generationAbove)
        return sealer.header(
            draft.state,
            slots: slots,
            after: previous,
            raisesGeneration: draft.raisesGeneration,
            now: now
        )
    }

    private func slotChanges(_ draft: PendingWrite) -> [Mutation] {
        guard let after = draft.slots?.map(\.record) else { return [] }
        let before = draft.snapshot.slots
        let gone = before.filter { slot in !after.contains { $0.id == slot.id } }
        return after.filter { !before.contains($0) }.map(Mutation.putSlot) + gone.map { Mutation.removeSlot(id: $0.id) }
    }
}
