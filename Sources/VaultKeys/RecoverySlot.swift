package import VaultCrypto

/// The slot that a recovery code opens.
package enum RecoverySlot {
    /// A new slot.
    package static func make(
        _ code: borrowing RecoveryCode,
        wrapping vaultKey: borrowing VaultKey,
        of vault: VaultIdentity,
        id: [UInt8]? = nil,
        now: Int64
    ) -> KeySlot {
        let draft = KeySlot.Draft(id: id, kind: .recovery, created: now, parameters: [])
        let secret = SlotSecret(spreading: code.bytes, for: .recovery, salt: draft.salt)
        return KeySlot(draft, secret: secret, wrapping: vaultKey, of: vault)
    }

    /// The secret that the code gives for `slot`.
    package static func secret(of code: borrowing RecoveryCode, for slot: KeySlot) -> SlotSecret {
        SlotSecret(spreading: code.bytes, for: .recovery, salt: slot.salt)
    }

    /// Opens the vault by the first slot that the code fits.
    ///
    /// - Throws: `noSlot`, `doesNotFit`, `damagedSlot`.
    package static func open(
        _ slots: [KeySlot],
        by code: borrowing RecoveryCode,
        of vault: VaultIdentity,
        name: KeyName
    ) throws(KeyError) -> Unlocked {
        try KeySlot.open(slots, .recovery, of: vault, name: name) { (slot) throws(KeyError) in
            secret(of: code, for: slot)
        }
    }
}
