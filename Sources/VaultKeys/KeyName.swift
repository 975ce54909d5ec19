/// What people call a key; its words are in `KeyError+English.swift`.
package enum KeyName: Equatable, Sendable {
    /// A key that is typed, or that the desktop keyring or another device keeps.
    case kind(KeySlot.Kind)
    case keyFile(String)
    case passphrase(PassphraseOrigin)
    /// A recovery code in a file.
    case recoveryCode(String)

    /// The origin of a passphrase, without a command's line: that may hold a secret, and errors hold names.
    package enum PassphraseOrigin: Equatable, Sendable {
        case file(String)
        case descriptor(Int32)
        case command
        /// A variable of the environment, by name.
        case variable(String)
    }

    /// The kind of slot that it opens.
    package var kind: KeySlot.Kind {
        switch self {
        case .kind(let kind): kind
        case .keyFile: .keyFile
        case .passphrase: .passphrase
        case .recoveryCode: .recovery
        }
    }
}
