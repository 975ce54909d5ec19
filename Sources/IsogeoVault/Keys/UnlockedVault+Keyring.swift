internal import VaultKeys
internal import VaultStore

extension UnlockedVault {
    /// Lets go of what lies elsewhere for a slot that is gone: its item in the keyring, and the sessions that it began.
    ///
    /// - Parameters:
    ///   - slot: nil where it wasn't there as a whole.
    ///   - hadSessions: whether there were sessions.
    ///   - telling: told when a dialog of the keyring waits for somebody; nil where none may be raised.
    ///   - dependencies: who is warned of what stays.
    func cleanUp(of slot: KeySlot?, hadSessions: Bool, _ telling: Unlocking.Telling?, _ dependencies: VaultDependencies)
    {
        revokeSessions(hadSessions, dependencies)
        if let slot { deleteItem(of: slot, telling, dependencies) }
    }

    /// Takes the item of a slot that is gone out of the keyring; says so where that fails, since nothing else depends on it.
    func deleteItem(of slot: KeySlot, _ telling: Unlocking.Telling?, _ dependencies: VaultDependencies) {
        guard let problem = Self.deleteItem(of: slot, sealer.context.vault, telling) else { return }
        dependencies.warn(
            "The keyring keeps an item that opens nothing any more: “isogeo-vault key of \(database.location)”. "
                + problem.sentence
        )
    }

    /// Takes a slot's item out of the keyring.
    ///
    /// - Returns: what kept it there; nil for a slot of another kind.
    static func deleteItem(of slot: KeySlot, _ vault: VaultIdentity, _ telling: Unlocking.Telling? = nil) -> KeyError? {
        guard slot.kind == .keyring else { return nil }
        do throws(KeyError) {
            let service = try SecretService.find(telling: telling)
            try mappingErrors { () throws(KeyringProblem) in try KeyringSlot.forget(slot, of: vault, in: service) }
            return nil
        } catch {
            return error
        }
    }

    /// Runs a change that takes a new slot in; where it fails, the slot's item goes again, if the vault surely doesn't
    /// need it.
    func undoingSlot<Result>(_ slot: KeySlot, _ change: () throws(VaultError) -> Result) throws(VaultError) -> Result {
        do {
            return try change()
        } catch {
            if let slots = try? slots(), !slots.contains(where: { $0.id == slot.id }) {
                _ = Self.deleteItem(of: slot, sealer.context.vault)
            }
            throw error
        }
    }
}
