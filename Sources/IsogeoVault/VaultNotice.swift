internal import VaultKeys

/// What a person should know though the call succeeds, as data; its words are in `VaultWords+English.swift`.
enum VaultNotice: Sendable {
    /// The slot doesn't match the header.
    case slotEdited(AlteredSlot)
    /// The item of a slot that is gone; it may still open backups.
    case keyringItemStays(vault: String, KeyError, opensBackups: Bool)
    case keyringItemReplaced
    case sharedKeyFileKept(String)
    /// The new key of a key file couldn't be renamed to the file's path.
    case keyFilePending(String, newKey: String)
    case kernelKeyStays(KeyError)
    case keyringDialogWaits
    /// What opens the vault without being named doesn't, and a passphrase is asked for instead.
    case passphraseInstead(any Problem)
}
