internal import VaultCrypto
internal import VaultKeys

/// What protects a new vault: its first key slot.
public struct Protection: ~Copyable, Sendable {
    let source: any KeySource

    init(_ source: any KeySource) { self.source = source }

    /// With a secret that a person chose.
    private init(checking source: any KeySource) throws(VaultError) {
        try mappingErrors { () throws(KeyError) in try source.checkAsNew() }
        self.source = source
    }

    /// A key file, 32 random bytes; where there is none it is made, mode 0600.
    public static func keyFile(_ path: String) -> Protection { Protection(KeyFileSource(making: path)) }

    /// A random key in the desktop keyring.
    ///
    /// - Parameters:
    ///   - interaction: its `tell` announces a dialog of the keyring; without `tell` the keyring shows none.
    ///   - acceptingPlainText: whether to accept a keyring that has no password, or whose file isn't where this program
    ///     looks for it: a program that reads the file may have the key.
    /// - Returns: the protection; its key is made when it is used.
    public static func keyring(_ interaction: UserInteraction = .none, acceptingPlainText: Bool = false) -> Protection {
        Protection(KeyringSource(interaction: interaction, acceptsPlainText: acceptingPlainText))
    }

    /// A passphrase that `ask` gets from a person; it is called once, now.
    ///
    /// - Throws: what `ask` throws; `locked` when the passphrase is empty; `usage` when it couldn't be typed again.
    public static func passphrase(asking ask: UserInteraction.Asking) throws(VaultError) -> Protection {
        try Protection(checking: PassphraseKeySource(asking: ask))
    }

    /// The passphrase, key file or keyring that `unlocking` names.
    ///
    /// - Throws: what is wrong with that key; `usage` for a recovery code, which is made and never chosen, and for a
    ///   passphrase that couldn't be typed again.
    public static func by(_ unlocking: Unlocking) throws(VaultError) -> Protection {
        guard !unlocking.isRecovery else {
            throw VaultError(.recoveryCodeChosen)
        }
        return try Protection(checking: unlocking.source())
    }

    /// Refuses a key that opens one of the slots already: two slots of one key look like two keys, and are lost
    /// together.
    ///
    /// - Parameters:
    ///   - slots: the vault's slots.
    ///   - leaving: the slot that the new one replaces. The keyring may have a new item for it; the same key file or
    ///     passphrase would change nothing.
    ///   - vault: the vault.
    /// - Throws: `usage`; what is wrong with an existing key file.
    borrowing func checkIsNew(to slots: [KeySlot], leaving: KeySlot? = nil, of vault: VaultIdentity) throws(VaultError)
    {
        let opensOne = try mappingErrors { () throws(KeyError) in
            try source.opensAny(of: slots, leaving: leaving, of: vault)
        }
        if opensOne { throw VaultError(.opensVaultAlready(source.name)) }
    }
}
