internal import VaultKeys

/// A slot for the vault's new key, and what its kind has to do outside of the vault before and after it is written.
///
/// A kind that keeps its secret somewhere makes a new one *there* first, lets go of the old one when the vault is
/// written, and of the new one when it isn't.
struct RenewedSlot {
    let slot: KeySlot
    /// Puts the new secret into the old one's place; what people should know of that, in a sentence.
    var finish: () -> String? = { nil }
    /// Takes the new secret away again.
    var undo: () -> Void = {}
    /// Where the old secret stays; nil where it stays nowhere, or is the new one too.
    var formerKeyFile: String?
}

/// Why a slot gets no successor.
struct RenewalFailure: Error {
    /// How far it came.
    enum Stage {
        /// What keeps the secrets of all slots of this kind can't be reached.
        case unreachable
        /// The old slot can't be opened; others may be.
        case notOpened
        /// The new secret can't be made or kept.
        case notMade
    }

    let stage: Stage
    let error: KeyError

    init(_ stage: Stage, _ error: KeyError) {
        self.stage = stage
        self.error = error
    }
}
