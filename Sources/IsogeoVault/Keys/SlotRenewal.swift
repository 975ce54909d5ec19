internal import VaultCrypto
internal import VaultKeys
internal import VaultStore

/// The key slots of a vault that gets a new key: each is renewed by its secret, replaced, or dropped by name.
struct SlotRenewal: ~Copyable {
    /// Seals under the new key.
    let sealer: RecordSealer
    /// The slots' digests in the header when this began.
    let basis: SlotDigests
    private(set) var renewed: [NewSlot] = []
    /// Whether a person has seen a new recovery code.
    private(set) var hasShownCode = false

    /// The slots that are neither renewed nor dropped yet.
    private var remaining: [KeySlot]
    private let request: SlotRequest

    /// The new slots.
    var slots: [KeySlot] { renewed.map(\.slot) }

    init(_ contents: UnlockedVault, dropping names: [String], now: Int64) throws(VaultError) {
        let (header, snapshot) = try contents.read()
        let dropped = names.isEmpty ? [] : try contents.droppedSlots(names)
        try UnlockedVault.refuse(header.alteredSlots.filter { !dropped.contains($0.id) })
        remaining = snapshot.slots.map(KeySlot.init).filter { !dropped.contains($0.id) }
        basis = snapshot.header.slots
        let context = contents.sealer.context
        sealer = RecordSealer(.random(), vault: context.vault, keyEpoch: context.keyEpoch + 1)
        request = contents.slotRequest(now: now, basis: header.record)
    }

    /// Keeps the slot that opened the vault, unless it is dropped.
    mutating func keep(_ id: [UInt8], _ source: any KeySource) throws(VaultError) {
        // `keepUnasked` renews the slots of a kind that opens without being named.
        guard !type(of: source).isUnasked, let slot = remaining.first(where: { $0.id == id }) else { return }
        try keep(slot, source)
    }

    /// Keeps the slot that another key opens.
    ///
    /// - Throws: `locked` where it opens no remaining slot.
    mutating func keep(by unlocking: Unlocking) throws(VaultError) {
        let named = unlocking.named
        // `keepUnasked` has renewed the slots of such a kind.
        guard named?.kind.isUnasked != true else { return }
        _ = named?.openUnfinished(remaining, request.vault)
        let source = try unlocking.source()
        guard let slot = try opened(by: source) else {
            throw VaultError(.opensNoOtherSlot(source.name, remaining: remaining.map(\.name)))
        }
        try keep(slot, source)
    }

    /// Keeps the slots that a source opens without being named, as the keyring does: each gets a new secret.
    ///
    /// - Parameters:
    ///   - kinds: the kinds of key that are known.
    ///   - interaction: its `tell` announces a dialog of the keyring; without `tell` the keyring shows none.
    /// - Returns: why a slot can't be kept; it remains then.
    /// - Throws: why a new secret can't be stored.
    mutating func keepUnasked(_ kinds: [any KeySource.Type], _ interaction: UserInteraction) throws(VaultError)
        -> KeyError?
    {
        var problem: KeyError?
        for kind in kinds {
            guard let source = kind.unasked(interaction) else { continue }
            for slot in remaining where slot.kind == kind.kind {
                do throws(RenewalFailure) {
                    guard let new = try renewed(slot, source) else { continue }
                    renewed.append(new)
                    remaining.removeAll { $0.id == slot.id }
                } catch {
                    guard error.stage != .notMade else { throw VaultError(error.error) }
                    problem = error.error
                    if error.stage == .unreachable { break }
                }
            }
        }
        return problem
    }

    /// Refuses to drop a slot that the caller didn't name.
    ///
    /// - Parameters:
    ///   - kinds: the kinds of key that are known.
    ///   - interaction: whether a person can type a secret here, and see a new one.
    /// - Throws: `usage`, before a person has typed a secret in vain.
    func checkIsSettled(_ kinds: [any KeySource.Type], _ interaction: UserInteraction) throws(VaultError) {
        let unsettled = remaining.filter { slot in
            !kinds.contains { $0.kind == slot.kind && $0.isRenewed(by: interaction) }
        }
        guard unsettled.isEmpty else { throw VaultError(.slotsUnsettled(unsettled.map(\.name))) }
        guard !renewed.isEmpty || !remaining.isEmpty else { throw VaultError(.noSlotLeft) }
    }

    /// Keeps the slots whose secret a person types, as a passphrase.
    mutating func keepTyped(_ kinds: [any KeySource.Type], _ interaction: UserInteraction) throws(VaultError) {
        for kind in kinds {
            for slot in remaining where slot.kind == kind.kind {
                guard let source = try kind.typed(for: slot, interaction) else { break }
                guard try opens(source, slot) else { throw VaultError(.wrongPassphrase(slot: slot.shortID)) }
                try keep(slot, source)
            }
        }
    }

    /// Replaces all slots of a kind by one whose new secret a person is shown, as a recovery code.
    mutating func showReplacements(_ kinds: [any KeySource.Type], _ interaction: UserInteraction) throws(VaultError) {
        for kind in kinds where remaining.contains(where: { $0.kind == kind.kind }) {
            guard let source = try kind.shown(interaction) else { continue }
            hasShownCode = interaction.codeFile == nil
            var request = request
            request.replaced = remaining.filter { $0.kind == kind.kind }
            renewed.append(
                try sealer.withKey { (key) throws(VaultError) in try source.newSlot(wrapping: key, request) }
            )
            remaining.removeAll { $0.kind == kind.kind }
        }
    }

    /// Deletes the old secrets outside of the vault.
    ///
    /// - Returns: what the user should know of that, each once.
    func finish() -> [VaultNotice] {
        renewed.compactMap { $0.finish() }.reduce(into: []) { notices, notice in
            if !notices.contains(where: { $0.sentence == notice.sentence }) { notices.append(notice) }
        }
    }

    /// Deletes the new ones.
    func undo() { for slot in renewed { slot.undo() } }

    private mutating func keep(_ slot: KeySlot, _ source: any KeySource) throws(VaultError) {
        let new: NewSlot?
        do throws(RenewalFailure) {
            new = try renewed(slot, source)
        } catch {
            guard case .cannotWrite = error.error else { throw VaultError(error.error) }
            throw VaultError(.keyFileNotReplaced(error.error))
        }
        guard let new else { return }
        renewed.append(new)
        remaining.removeAll { $0.id == slot.id }
        guard type(of: source).renewsAllAtOnce else { return }
        while let other = try opened(by: source) { remaining.removeAll { $0.id == other.id } }
    }

    private borrowing func renewed(_ slot: KeySlot, _ source: any KeySource) throws(RenewalFailure) -> NewSlot? {
        try sealer.withKey { (key) throws(RenewalFailure) in try source.renew(slot, wrapping: key, request) }
    }

    private func opened(by source: any KeySource) throws(VaultError) -> KeySlot? {
        for slot in remaining where try opens(source, slot) { return slot }
        return nil
    }

    private func opens(_ source: any KeySource, _ slot: KeySlot) throws(VaultError) -> Bool {
        guard slot.kind == type(of: source).kind else { return false }
        do { return try source.opens(slot, of: request.vault) } catch { throw VaultError(error) }
    }
}
