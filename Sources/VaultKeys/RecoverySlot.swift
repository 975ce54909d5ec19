package import VaultCrypto

/// The slot that a recovery code opens.
package enum RecoverySlot {
    /// A new slot.
    package static func make(
        _ code: borrowing RecoveryCode,
        wrapping vaultKey: borrowing VaultKey,
        of vault: VaultIdentity,
        now: Int64
    ) -> KeySlot {
        let draft = KeySlot.Draft(kind: .recovery, created: now, parameters: [])
        return KeySlot(draft, secret: secret(of: code, salt: draft.salt), wrapping: vaultKey, of: vault)
    }

    /// The secret that the code gives for `slot`.
    package static func secret(of code: borrowing RecoveryCode, for slot: KeySlot) -> SlotSecret {
        secret(of: code, salt: slot.salt)
    }

    // 256 random bits can't be guessed, so that nothing has to slow a guess down.
    private static func secret(of code: borrowing RecoveryCode, salt: [UInt8]) -> SlotSecret {
        var context = CanonicalEncoder()
        context.append("isogeo-vault recovery")
        context.append(salt)
        return SlotSecret(KeyedHash.expand(code.bytes, over: context.bytes))
    }
}
