internal import VaultCrypto
internal import VaultKeys
internal import VaultStore

extension UnlockedVault {
    /// The slots, oldest first.
    func slots() throws(VaultError) -> [KeySlot] {
        try read().snapshot.slots.map(KeySlot.init).sorted { ($0.created, $0.shortID) < ($1.created, $1.shortID) }
    }

    /// Adds a slot for `protection`.
    ///
    /// - Returns: the slot; what it has outside of the vault is still to be finished.
    func addKey(_ protection: borrowing Protection, now: Int64, rehearsing: Bool = false) throws(VaultError) -> NewSlot
    {
        try protection.checkIsNew(to: try slots(), of: sealer.context.vault)
        // Made before the change, which may be repeated: deriving a passphrase's key takes half a second.
        let new = try newSlot(protection, now: now)
        try undoing(new) { () throws(VaultError) in
            try change(Query(), now: now) { (draft) throws(VaultError) in
                draft.slots = try Self.adding(new.slot, to: draft.intactSlots)
                draft.events.append(AuditEvent(.keyAdded, new.slot.name))
                draft.isRehearsal = rehearsing
            }
        }
        return new
    }

    /// Replaces a slot by a new one, and ends all sessions.
    ///
    /// - Returns: both; what the new one has outside of the vault is still to be finished.
    func changeKey(_ id: String, to protection: borrowing Protection, now: Int64, rehearsing: Bool = false)
        throws(VaultError) -> (new: NewSlot, old: KeySlot?)
    {
        // Checked before anything is made: a wrong `id` would leave a key file that opens nothing.
        let present = try slots()
        let former = try Self.slot(id, among: present.map { ($0.id, $0.name, $0.shortID) })
        try protection.checkIsNew(to: present, leaving: present.first { $0.id == former }, of: sealer.context.vault)
        let new = try newSlot(protection, now: now)
        return try undoing(new) { () throws(VaultError) in
            try change(Query(), now: now) { (draft) throws(VaultError) in
                draft.changes.append(.removeAllSessions)
                let old = try Self.slot(id, among: draft.intactSlots.map { ($0.id, $0.name, $0.shortID) })
                let gone = draft.intactSlots.first { $0.id == old }
                draft.slots = try Self.adding(new.slot, to: draft.intactSlots.filter { $0.id != old })
                draft.events.append(AuditEvent(.keyChanged, new.slot.name, .former(id)))
                draft.isRehearsal = rehearsing
                return (new: new, old: gone)
            }
        }
    }

    /// Removes a slot, even one that was edited, and ends all sessions; the last slot stays.
    ///
    /// - Returns: the slot; nil where its row is gone.
    func removeKey(_ id: String, now: Int64) throws(VaultError) -> KeySlot? {
        let (header, snapshot) = try read()
        let slot = try Self.slot(id, among: Self.known(header, snapshot))
        try change(Query(), now: now, leavingOut: slot) { (draft) throws(VaultError) in
            draft.slots = draft.intactSlots.filter { $0.id != slot }
            draft.changes.append(.removeAllSessions)
            draft.events.append(AuditEvent(.keyRemoved, id))
        }
        return snapshot.slots.map(KeySlot.init).first { $0.id == slot }
    }

    /// The slots that a user may name: those that have a row, edited or not, and those that only the header lists.
    static func known(_ header: CheckedHeader, _ snapshot: Snapshot)
        -> [(id: [UInt8], name: String, shortID: String)]
    {
        let present = snapshot.slots.map(KeySlot.init).map { (id: $0.id, name: $0.name, shortID: $0.shortID) }
        let gone = header.alteredSlots.filter { altered in !present.contains { $0.id == altered.id } }
        return present + gone.map { (id: $0.id, name: $0.name, shortID: KeySlot.shortID(of: $0.id)) }
    }

    private func newSlot(_ protection: borrowing Protection, now: Int64) throws(VaultError) -> NewSlot {
        let request = slotRequest(now: now, basis: try read().header.record)
        return try sealer.withKey { (key) throws(VaultError) in
            try protection.source.newSlot(wrapping: key, request)
        }
    }

    private static func adding(_ slot: KeySlot, to slots: [KeySlot]) throws(VaultError) -> [KeySlot] {
        let all = slots + [slot]
        guard all.filter({ $0.kind == .passphrase }).count <= KeySlot.passphraseLimit else {
            throw VaultError(.passphraseCount(limit: KeySlot.passphraseLimit))
        }
        return all
    }

    /// The slot that `text` means: the beginning of its id, or its kind where only one has it.
    static func slot(_ text: String, among slots: [(id: [UInt8], name: String, shortID: String)])
        throws(VaultError) -> [UInt8]
    {
        let wanted = text.lowercased()
        let found = slots.filter { slot in
            (wanted.utf8.count >= 2 && slot.shortID.hasPrefix(wanted)) || slot.name.hasPrefix("\(wanted) ")
        }
        guard let slot = found.first, found.count == 1 else {
            let known = slots.map(\.name)
            throw VaultError(found.isEmpty ? .unknownSlot(text, known: known) : .ambiguousSlot(text, known: known))
        }
        return slot.id
    }

    /// Makes a recovery code, shows it, and writes its slot: an additional one, or in the place of another.
    ///
    /// - Returns: the new slot, and the one that it replaces.
    func putRecoveryCode(replacing slot: String?, showing show: UserInteraction.Showing, now: Int64) throws(VaultError)
        -> (new: NewSlot, old: KeySlot?)
    {
        let code = RecoveryCode.random()
        let text = code.text
        let protection = Protection(RecoveryCodeSource(code))
        // A rehearsal first: a user would otherwise copy 65 characters by hand for a vault that has no room for a slot.
        try put(protection, replacing: slot, now: now, rehearsing: true)
        try text.withBytes { (text: Span<UInt8>) throws(VaultError) in try show(text) }
        do {
            return try put(protection, replacing: slot, now: now)
        } catch {
            throw VaultError(.shownCodeVoid(error.problem))
        }
    }

    /// Makes a recovery code, writes it to a file, and writes its slot: an additional one, or in the place of another.
    ///
    /// Where a process that was killed had written the slot, and not finished the file, there is nothing more to do.
    ///
    /// - Returns: the new slot, the one that it replaces, and what the user should know of the file.
    func putRecoveryCode(replacing slot: String?, in path: String, now: Int64) throws(VaultError)
        -> (new: KeySlot, old: KeySlot?, notice: VaultNotice?)
    {
        guard !database.isReadOnly else { throw VaultError(StoreError.readOnly(path: database.location)) }
        let file = try RecoveryCodeFile(toMake: path)
        // Two processes at once would each take the other's code for one of a dead process.
        let lease = try mappingErrors { () throws(StoreError) in
            try database.lease(.making, until: .now + Self.makingPatience)
        }
        let present = try slots()
        if let found = file.unfinished(among: present, of: sealer.context.vault) {
            // The slot that a `key change` replaced has gone with it; one that is there stems from a `key add`.
            let other = slot.flatMap { try? Self.slot($0, among: present.map { ($0.id, $0.name, $0.shortID) }) }
            let old = try other.flatMap { id throws(VaultError) in
                id == found.id ? nil : try removeKey(KeySlot.shortID(of: id), now: now)
            }
            return (found, old, file.finish(found))
        }
        // A rehearsal first, for what would fail anyway.
        try put(Protection(RecoveryCodeSource(.random())), replacing: slot, now: now, rehearsing: true)
        let (new, old) = try put(Protection(RecoveryCodeSource(.random(), in: file)), replacing: slot, now: now)
        let notice = new.finish()
        lease.release()
        return (new.slot, old, notice)
    }

    @discardableResult
    private func put(
        _ protection: borrowing Protection,
        replacing slot: String?,
        now: Int64,
        rehearsing: Bool = false
    ) throws(VaultError) -> (new: NewSlot, old: KeySlot?) {
        guard let slot else { return (try addKey(protection, now: now, rehearsing: rehearsing), nil) }
        return try changeKey(slot, to: protection, now: now, rehearsing: rehearsing)
    }

    /// Deletes what a removed slot has outside of the vault: its item in the keyring, and the kernel's keys of
    /// sessions.
    ///
    /// - Parameters:
    ///   - slot: nil where its row was gone.
    ///   - hadSessions: whether there were sessions.
    ///   - interaction: its `tell` announces a dialog of the keyring; without `tell` the keyring shows none.
    ///   - dependencies: where warnings go, of what can't be deleted.
    func cleanUp(
        of slot: KeySlot?,
        hadSessions: Bool,
        _ interaction: UserInteraction,
        _ dependencies: VaultDependencies
    ) {
        revokeSessions(hadSessions, dependencies)
        if let slot { discard(slot, interaction, dependencies) }
    }

    /// Deletes what the slot's kind keeps elsewhere; a failure is only a warning, as the vault no longer needs it.
    private func discard(_ slot: KeySlot, _ interaction: UserInteraction, _ dependencies: VaultDependencies) {
        let kind = dependencies.keySources.first { $0.kind == slot.kind }
        let request = slotRequest(now: dependencies.now())
        if let notice = kind?.discard(slot, request, interaction) { dependencies.warn(of: notice) }
    }

    /// A request for a slot of this vault.
    func slotRequest(now: Int64, basis: HeaderRecord? = nil) -> SlotRequest {
        SlotRequest(
            vault: sealer.context.vault,
            path: database.location,
            now: now,
            basis: basis.map { ($0.keyEpoch, $0.generation) }
        )
    }

    /// Runs a change that adds a slot, and deletes the slot's secret elsewhere if the change fails.
    ///
    /// It is deleted only where it is certain that the vault doesn't have the slot.
    private func undoing<Result>(_ new: NewSlot, _ change: () throws(VaultError) -> Result) throws(VaultError) -> Result
    {
        do {
            return try change()
        } catch {
            if let slots = try? slots(), !slots.contains(where: { $0.id == new.slot.id }) { new.undo() }
            throw error
        }
    }
}
