internal import VaultCrypto
internal import VaultKeys

/// What a new vault is protected with: its first key slot.
public struct Protection: ~Copyable, Sendable {
    let source: any KeySource

    init(_ source: any KeySource) { self.source = source }

    /// A key file, 32 random bytes; it is made, mode 0600, where there is none.
    public static func keyFile(_ path: String) -> Protection { Protection(KeyFileSource(making: path)) }

    /// A random key in the desktop keyring.
    ///
    /// - Parameters:
    ///   - interaction: tells of a dialog of the keyring; without `tell` none is raised.
    ///   - acceptingPlainText: whether a keyring will do that has no password, or whose file isn't where this program
    ///     looks for it: whoever reads the file may have the key.
    /// - Returns: the protection; the key is made when it is used.
    public static func keyring(_ interaction: UserInteraction = .none, acceptingPlainText: Bool = false) -> Protection {
        Protection(KeyringSource(interaction: interaction, acceptsPlainText: acceptingPlainText))
    }

    /// A passphrase that `ask` gets from somebody; it is called once, now.
    ///
    /// - Throws: what `ask` throws; `locked` when the passphrase is empty.
    public static func passphrase(asking ask: UserInteraction.Asking) throws(VaultError) -> Protection {
        Protection(try PassphraseKeySource(asking: ask))
    }

    /// The passphrase, key file or keyring that `unlocking` names, so that it opens the vault from then on.
    ///
    /// - Throws: what is wrong with what is named; `usage` for a recovery code, which is made and never chosen.
    public static func by(_ unlocking: Unlocking) throws(VaultError) -> Protection {
        guard !unlocking.isRecovery else {
            throw VaultError(.recoveryCodeChosen)
        }
        return Protection(try unlocking.source())
    }

    /// Refuses what opens one of the slots already: two slots of one key look like two ways in, and are lost together.
    ///
    /// - Parameters:
    ///   - slots: those of the vault.
    ///   - leaving: the slot that goes for the new one. A keyring may get a new item in its place; the same key file or
    ///     passphrase would change nothing.
    ///   - vault: whose they are.
    /// - Throws: `usage`; what is wrong with a key file that is there.
    borrowing func checkIsNew(to slots: [KeySlot], leaving: KeySlot? = nil, of vault: VaultIdentity) throws(VaultError)
    {
        let opensOne = try mappingErrors { () throws(KeyError) in
            try source.opensAny(of: slots, leaving: leaving, of: vault)
        }
        if opensOne { throw VaultError(.opensVaultAlready(source.name)) }
    }
}
