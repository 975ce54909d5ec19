internal import VaultKeys
internal import VaultSystem

extension Unlocking {
    /// Told, in a sentence, that a dialog of the keyring waits for somebody, or why a passphrase is asked for instead.
    public typealias Telling = @Sendable (_ sentence: String) -> Void

    /// By the key that the desktop keyring has.
    ///
    /// - Parameter telling: told when a dialog of the keyring waits for somebody; nil where none may be raised, so that a
    ///   keyring that is locked stays so.
    /// - Returns: that way to open a vault.
    public static func keyring(telling: Telling? = nil) -> Unlocking { Unlocking(.keyring(telling: telling)) }

    /// Opens a vault by its keyring slot.
    ///
    /// - Throws: `unavailable` without a keyring that answers; `locked` when it is locked and nobody may be asked, its
    ///   dialog was dismissed, or the key isn't there any more.
    static func openByKeyring(_ locked: LockedSlots, telling: Telling?) throws(VaultError) -> Unlocked {
        try locked.open { (_, vault) throws(KeyError) in
            // Among many clients at once gnome-keyring knows nothing of its collection for a moment (seen once with 20).
            for _ in 0..<2 {
                do throws(KeyError) {
                    return try open(locked.unaltered, of: vault, telling)
                } catch {
                    guard error == .keyring(.noCollection) else { throw error }
                    SystemClock.sleep(.milliseconds(150))
                }
            }
            return try open(locked.unaltered, of: vault, telling)
        }
    }

    private static func open(_ slots: [KeySlot], of vault: VaultIdentity, _ telling: Telling?) throws(KeyError)
        -> Unlocked
    {
        try KeyringSlot.open(slots, of: vault, in: try SecretService.find(telling: telling))
    }

    /// Opens a vault by its keyring slot, where no way was named.
    ///
    /// - Parameters:
    ///   - locked: the vault; without such a slot nothing is asked of anybody, be it the bus.
    ///   - canAsk: whether somebody can be asked for a passphrase.
    ///   - telling: told why a passphrase is asked for.
    /// - Returns: nil where a passphrase is to be asked for.
    /// - Throws: what keeps the keyring from opening it, where no passphrase would.
    static func openByKeyring(_ locked: LockedSlots, orAsking canAsk: Bool, telling: Telling?) throws(VaultError)
        -> Unlocked?
    {
        guard locked.slots.contains(where: { $0.kind == .keyring }) else { return nil }
        do throws(VaultError) {
            return try openByKeyring(locked, telling: telling)
        } catch {
            guard canAsk, locked.slots.contains(where: { $0.kind == .passphrase }) else { throw error }
            telling?("\(error.sentence) The vault's passphrase will do.")
            return nil
        }
    }
}

extension SecretService {
    /// Finds the keyring; its dialogs may be raised where somebody is told of them.
    static func find(telling: Unlocking.Telling?) throws(KeyError) -> SecretService {
        var waiting: Waiting?
        if let telling { waiting = { telling("Waiting for the keyring's dialog…") } }
        return try mappingErrors { () throws(KeyringProblem) in try find(waiting: waiting) }
    }
}
