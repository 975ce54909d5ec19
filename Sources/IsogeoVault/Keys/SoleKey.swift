internal import VaultKeys

/// The only key of a vault, and whether it is lost easily.
package struct SoleKey {
    let kind: KeySlot.Kind

    /// The only key of a vault with slots of these kinds, named as in `VaultStatus.Slot`; nil for a vault with several.
    package init?(of kinds: [String]) {
        guard kinds.count == 1 else { return nil }
        kind = KeySlot.Kind(rawValue: kinds[0])
    }

    /// Whether a reset of what keeps the key may delete it, and its user not think of the vault.
    package var isEasilyLost: Bool { KeySources.standard.first { $0.kind == kind }?.isEasilyLost ?? false }
}
