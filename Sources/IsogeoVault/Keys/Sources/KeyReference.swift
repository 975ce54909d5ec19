internal import VaultKeys
internal import VaultSystem

/// A key that was named, and isn't read yet.
///
/// It is the only one tried: when it doesn't open the vault, nothing else does.
struct KeyReference: Sendable {
    /// A file that `doctor` checks without reading it.
    struct File: Equatable, Sendable {
        let path: String
        let policy: FilePolicy
        let content: SecretFile.Content
    }

    let kind: any KeySource.Type
    /// What people call it.
    let name: KeyName
    /// Its key file or passphrase file.
    var file: File?
    /// Whether reading it asks a person.
    var asks = false
    /// Finishes a `rekey` that was killed, and opens the vault by the new key; nil where there is nothing to finish.
    var openUnfinished: @Sendable ([KeySlot], VaultIdentity) -> Unlocked? = { _, _ in nil }
    /// Reads it; a descriptor, or a person, gives it only once.
    let read: @Sendable () throws(VaultError) -> any KeySource

    /// The first key that the environment names.
    ///
    /// In this order: `ISOGEO_VAULT_KEY_FILE`, `ISOGEO_VAULT_SHARED_KEY_FILE`, `ISOGEO_VAULT_PASSPHRASE_FILE`,
    /// `ISOGEO_VAULT_SHARED_PASSPHRASE_FILE`, `ISOGEO_VAULT_PASSPHRASE`, then `isogeo-vault.key` and
    /// `isogeo-vault.passphrase` in `$CREDENTIALS_DIRECTORY` (systemd.exec(5)). A variable that is set and empty names
    /// a key, which then fails: it isn't skipped.
    ///
    /// - Parameters:
    ///   - variable: the value of a variable of the environment; nil when it isn't set.
    ///   - kinds: the kinds of key, in the order in which they are tried.
    /// - Returns: nil when none is named.
    static func named(
        inEnvironment variable: (String) -> String?,
        of kinds: [any KeySource.Type] = KeySources.standard
    ) -> KeyReference? {
        for kind in kinds { if let reference = kind.named(byVariables: variable) { return reference } }
        guard let folder = variable("CREDENTIALS_DIRECTORY") else { return nil }
        for kind in kinds { if let reference = kind.named(inCredentials: folder) { return reference } }
        return nil
    }
}
