internal import VaultKeys
internal import VaultSystem

extension Unlocking {
    /// By the key that the desktop keyring has.
    ///
    /// - Parameter interaction: tells of a dialog of the keyring; without `tell` none is raised, so that a keyring that is
    ///   locked stays so.
    /// - Returns: that way to open a vault.
    public static func keyring(_ interaction: UserInteraction = .none) -> Unlocking { Unlocking(.keyring(interaction)) }

    /// Opens a vault by its keyring slot.
    ///
    /// - Throws: `unavailable` without a keyring that answers; `locked` when it is locked and nobody may be asked, its
    ///   dialog was dismissed, or the key isn't there any more.
    static func openByKeyring(_ locked: LockedSlots, _ interaction: UserInteraction) throws(VaultError) -> Unlocked {
        try locked.open { (_, vault) throws(KeyError) in
            // Among many clients at once gnome-keyring knows nothing of its collection for a moment (seen once with 20).
            for _ in 0..<2 {
                do throws(KeyError) {
                    return try open(locked.unaltered, of: vault, interaction)
                } catch {
                    guard error == .keyring(.noCollection) else { throw error }
                    SystemClock.sleep(.milliseconds(150))
                }
            }
            return try open(locked.unaltered, of: vault, interaction)
        }
    }

    private static func open(
        _ slots: [KeySlot],
        of vault: VaultIdentity,
        _ interaction: UserInteraction
    ) throws(KeyError) -> Unlocked {
        try KeyringSlot.open(slots, of: vault, in: try SecretService.find(interaction))
    }

    /// Opens a vault by its keyring slot, where no way was named.
    ///
    /// - Parameters:
    ///   - locked: the vault; without such a slot nothing is asked of anybody, be it the bus.
    ///   - interaction: whether a passphrase can be asked for, and who is told why it is.
    /// - Returns: nil where a passphrase is to be asked for.
    /// - Throws: what keeps the keyring from opening it, where no passphrase would.
    static func openByKeyring(_ locked: LockedSlots, orAsking interaction: UserInteraction) throws(VaultError)
        -> Unlocked?
    {
        guard locked.slots.contains(where: { $0.kind == .keyring }) else { return nil }
        do throws(VaultError) {
            return try openByKeyring(locked, interaction)
        } catch {
            guard interaction.ask != nil, locked.slots.contains(where: { $0.kind == .passphrase }) else { throw error }
            interaction.tell?("\(error.sentence) The vault's passphrase will do.")
            return nil
        }
    }
}

extension SecretService {
    /// Finds the keyring; its dialogs may be raised where somebody is told of them.
    static func find(_ interaction: UserInteraction) throws(KeyError) -> SecretService {
        try mappingErrors { () throws(KeyringProblem) in try find(onDialog: interaction.onDialog) }
    }
}
