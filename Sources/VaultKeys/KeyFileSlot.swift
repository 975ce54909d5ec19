package import VaultCrypto

/// The slot that a file of 32 random bytes opens.
package enum KeyFileSlot {
    /// A new slot.
    package static func make(
        _ key: borrowing SecretBytes,
        wrapping vaultKey: borrowing VaultKey,
        of vault: VaultIdentity,
        id: [UInt8]? = nil,
        now: Int64
    ) -> KeySlot {
        let draft = KeySlot.Draft(id: id, kind: .keyFile, created: now, parameters: [])
        let secret = SlotSecret(spreading: key, for: .keyFile, salt: draft.salt)
        return KeySlot(draft, secret: secret, wrapping: vaultKey, of: vault)
    }

    /// The secret that the key gives for `slot`.
    package static func secret(of key: borrowing SecretBytes, for slot: KeySlot) -> SlotSecret {
        SlotSecret(spreading: key, for: .keyFile, salt: slot.salt)
    }

    /// Opens the vault by the first slot that the key fits.
    ///
    /// - Throws: `noSlot`, `doesNotFit`, `damagedSlot`.
    package static func open(
        _ slots: [KeySlot],
        by key: borrowing SecretBytes,
        of vault: VaultIdentity,
        name: KeyName
    ) throws(KeyError) -> Unlocked {
        try KeySlot.open(slots, .keyFile, of: vault, name: name) { (slot) throws(KeyError) in
            secret(of: key, for: slot)
        }
    }
}
