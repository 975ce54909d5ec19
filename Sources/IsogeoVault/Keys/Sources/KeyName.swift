package import VaultKeys

/// What people call a key; its words are in `VaultWords+English.swift`.
package enum KeyName: Equatable, Sendable {
    /// A key that is typed, or that the desktop keyring or another device keeps.
    case kind(KeySlot.Kind)
    case keyFile(String)
    case passphrase(PassphraseSource)
    /// A recovery code in a file.
    case recoveryCode(String)

    var kind: KeySlot.Kind {
        switch self {
        case .kind(let kind): kind
        case .keyFile: .keyFile
        case .passphrase: .passphrase
        case .recoveryCode: .recovery
        }
    }
}
