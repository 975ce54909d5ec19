internal import VaultKeys
internal import VaultStore

extension VaultContents {
    /// Takes the item of a slot that is gone out of the keyring; says so where that fails, since nothing else depends on it.
    func forgetItem(of slot: KeySlot, _ doors: VaultDoors) {
        guard let problem = Self.forgetItem(of: slot, sealer.context.vault) else { return }
        doors.warn(
            "The keyring keeps an item that opens nothing any more: “isogeo-vault key of \(database.file.path)”. "
                + problem.sentence
        )
    }

    /// Takes a slot's item out of the keyring, without asking anybody.
    ///
    /// - Returns: what kept it there; nil for a slot of another kind.
    static func forgetItem(of slot: KeySlot, _ vault: VaultIdentity) -> KeyringProblem? {
        guard slot.kind == .keyring else { return nil }
        do throws(KeyringProblem) {
            try KeyringSlot.forget(slot, of: vault, in: try SecretService.find(waiting: nil))
            return nil
        } catch {
            return error
        }
    }

    /// Runs a change that takes a new slot in; where it fails, the slot's item goes again, if the vault surely doesn't
    /// need it.
    func withdrawing<Result>(_ slot: KeySlot, _ change: () throws(VaultError) -> Result) throws(VaultError) -> Result {
        do {
            return try change()
        } catch {
            if let slots = try? slots(), !slots.contains(where: { $0.id == slot.id }) {
                _ = Self.forgetItem(of: slot, sealer.context.vault)
            }
            throw error
        }
    }
}
