internal import VaultKeys

/// A slot that was made, and what its kind does outside of the vault after the vault was written, or wasn't.
///
/// A kind that keeps its secret elsewhere stores the new one first. It deletes the old one when the vault is written,
/// and the new one when writing fails.
struct NewSlot {
    let slot: KeySlot
    /// Puts the new secret into its place, which the old one may have; what the user should know of that.
    var finish: () -> VaultNotice? = { nil }
    /// Deletes the new secret.
    var undo: () -> Void = {}
    /// The file that keeps the old secret; nil where none does, or where the secret stays the same.
    var formerKeyFile: String?
}

/// Why a slot can't be renewed.
struct RenewalFailure: Error {
    /// How far it came.
    enum Stage {
        /// The place of all secrets of this kind, such as the keyring, can't be reached.
        case unreachable
        /// The old slot can't be opened; others may be.
        case notOpened
        /// The new secret can't be made or stored.
        case notMade
    }

    let stage: Stage
    let error: KeyError

    init(_ stage: Stage, _ error: KeyError) {
        self.stage = stage
        self.error = error
    }
}
