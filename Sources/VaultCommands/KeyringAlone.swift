internal import IsogeoVault

extension VaultStatus {
    /// Whether the vault is one reset of a keyring away from lost.
    var isOpenedByKeyringAlone: Bool { slots.map(\.kind) == ["keyring"] }

    /// What is said of such a vault until it has a second key.
    static let keyringAlone =
        "only this desktop's keyring can open it; for another key: isogeo-vault key add recovery"
}
