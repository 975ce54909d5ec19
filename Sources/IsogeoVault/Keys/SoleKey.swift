internal import VaultKeys

/// The only key of a vault, and whether it is lost easily.
package struct SoleKey {
    let kind: KeySlot.Kind

    /// The only key slot's kind, as `VaultStatus.Slot` names it.
    package init(_ kind: String) { self.kind = KeySlot.Kind(rawValue: kind) }

    /// Whether something other than this program or its user may delete the key.
    package var isEasilyLost: Bool { KeySources.standard.first { $0.kind == kind }?.isEasilyLost ?? false }
}
