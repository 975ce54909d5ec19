internal import VaultKeys
internal import VaultStore

extension UnlockedVault {
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
