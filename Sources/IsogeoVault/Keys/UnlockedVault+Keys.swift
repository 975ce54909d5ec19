internal import VaultCrypto
internal import VaultKeys
internal import VaultStore

extension UnlockedVault {
    /// The slots, by when they were made.
    func slots() throws(VaultError) -> [KeySlot] {
        try read().snapshot.slots.map(KeySlot.init).sorted { ($0.created, $0.shortID) < ($1.created, $1.shortID) }
    }

    /// Adds a slot that `protection` opens.
    ///
    /// - Returns: the slot.
    func addKey(_ protection: borrowing Protection, now: Int64, rehearsing: Bool = false) throws(VaultError) -> KeySlot
    {
        try protection.checkIsNew(to: try slots(), of: sealer.context.vault)
        // Made once, before the change: deriving a passphrase's key takes half a second.
        let slot = try newSlot(protection, now: now)
        try undoingSlot(slot, of: protection.source) { () throws(VaultError) in
            try change(Query(), now: now) { (draft) throws(VaultError) in
                draft.slots = try Self.adding(slot, to: draft.intactSlots)
                draft.events.append(AuditEvent(.keyAdded, slot.name))
                draft.isRehearsal = rehearsing
            }
        }
        return slot
    }

    /// Puts a new slot into the place of another; sessions end with the old one.
    ///
    /// - Returns: both.
    func changeKey(_ id: String, to protection: borrowing Protection, now: Int64, rehearsing: Bool = false)
        throws(VaultError) -> (new: KeySlot, old: KeySlot?)
    {
        // Before anything is made: a key file for a slot that there isn't would lie about for ever.
        let present = try slots()
        let former = try Self.slot(id, among: present.map { ($0.id, $0.name, $0.shortID) })
        try protection.checkIsNew(to: present, leaving: present.first { $0.id == former }, of: sealer.context.vault)
        let slot = try newSlot(protection, now: now)
        let changed = try undoingSlot(slot, of: protection.source) { () throws(VaultError) in
            try change(Query(), now: now) { (draft) throws(VaultError) in
                draft.changes.append(.removeAllSessions)
                let old = try Self.slot(id, among: draft.intactSlots.map { ($0.id, $0.name, $0.shortID) })
                let gone = draft.intactSlots.first { $0.id == old }
                draft.slots = try Self.adding(slot, to: draft.intactSlots.filter { $0.id != old })
                draft.events.append(AuditEvent(.keyChanged, slot.name, .former(id)))
                draft.isRehearsal = rehearsing
                return (new: slot, old: gone)
            }
        }
        return changed
    }

    /// Takes a slot away, be it one that was edited; never the last one.
    ///
    /// Sessions end with it.
    ///
    /// - Returns: the slot; nil where it isn't there as a whole.
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

    /// The slots that somebody may name: those that are there, be they edited, and those that the header tells of and
    /// are gone.
    static func known(_ header: CheckedHeader, _ snapshot: Snapshot)
        -> [(id: [UInt8], name: String, shortID: String)]
    {
        let present = snapshot.slots.map(KeySlot.init).map { (id: $0.id, name: $0.name, shortID: $0.shortID) }
        let gone = header.alteredSlots.filter { altered in !present.contains { $0.id == altered.id } }
        return present + gone.map { (id: $0.id, name: $0.name, shortID: KeySlot.shortID(of: $0.id)) }
    }

    private func newSlot(_ protection: borrowing Protection, now: Int64) throws(VaultError) -> KeySlot {
        do {
            return try sealer.withKey { (key) throws(KeyError) in
                try protection.source.makeSlot(wrapping: key, slotRequest(now: now))
            }
        } catch {
            throw VaultError(error)
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

    /// Makes a recovery code, shows it, and writes its slot: a new one, or in the place of another.
    ///
    /// - Returns: the new slot, and the one that it took the place of.
    func putRecoveryCode(replacing slot: String?, showing show: UserInteraction.Showing, now: Int64) throws(VaultError)
        -> (new: KeySlot, old: KeySlot?)
    {
        let code = RecoveryCode.random()
        let text = code.text
        let protection = Protection(RecoveryCodeSource(code))
        // Nobody shall copy 65 characters by hand for a vault that then has no room for them.
        try put(protection, replacing: slot, now: now, rehearsing: true)
        try text.withBytes { (text: Span<UInt8>) throws(VaultError) in try show(text) }
        do {
            return try put(protection, replacing: slot, now: now)
        } catch {
            throw VaultError(.shownCodeVoid(error.problem))
        }
    }

    @discardableResult
    private func put(
        _ protection: borrowing Protection,
        replacing slot: String?,
        now: Int64,
        rehearsing: Bool = false
    ) throws(VaultError) -> (new: KeySlot, old: KeySlot?) {
        guard let slot else { return (try addKey(protection, now: now, rehearsing: rehearsing), nil) }
        return try changeKey(slot, to: protection, now: now, rehearsing: rehearsing)
    }

    /// Lets go of what lies elsewhere for a slot that is gone: as its item in the keyring, and the sessions that it began.
    ///
    /// - Parameters:
    ///   - slot: nil where it wasn't there as a whole.
    ///   - hadSessions: whether there were sessions.
    ///   - interaction: tells of a dialog of the keyring; without `tell` none is raised.
    ///   - dependencies: who is warned of what stays.
    func cleanUp(
        of slot: KeySlot?,
        hadSessions: Bool,
        _ interaction: UserInteraction,
        _ dependencies: VaultDependencies
    ) {
        revokeSessions(hadSessions, dependencies)
        if let slot { discard(slot, interaction, dependencies) }
    }

    /// Discards what lies elsewhere for a slot that is gone; says so where that fails, since nothing else depends on it.
    private func discard(_ slot: KeySlot, _ interaction: UserInteraction, _ dependencies: VaultDependencies) {
        let kind = dependencies.keySources.first { $0.kind == slot.kind }
        let request = slotRequest(now: dependencies.now())
        if let problem = kind?.discard(slot, request, interaction) { dependencies.warn(problem) }
    }

    /// What a slot of this vault is made by.
    func slotRequest(now: Int64) -> SlotRequest {
        SlotRequest(vault: sealer.context.vault, path: database.location, now: now)
    }

    /// Runs a change that takes a new slot in; where it fails, what lies elsewhere for the slot goes again, if the vault
    /// surely doesn't need it.
    func undoingSlot<Result>(
        _ slot: KeySlot,
        of source: any KeySource,
        _ change: () throws(VaultError) -> Result
    ) throws(VaultError) -> Result {
        do {
            return try change()
        } catch {
            if let slots = try? slots(), !slots.contains(where: { $0.id == slot.id }) {
                _ = type(of: source).discard(slot, slotRequest(now: slot.created), .none)
            }
            throw error
        }
    }
}
