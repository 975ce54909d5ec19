package import VaultCrypto

/// The slot that a file of 32 random bytes opens.
package enum KeyFileSlot {
    /// A new slot.
    package static func make(
        _ key: borrowing SecretBytes,
        wrapping vaultKey: borrowing VaultKey,
        of vault: VaultIdentity,
        now: Int64
    ) -> KeySlot {
        let draft = KeySlot.Draft(kind: .keyFile, created: now, parameters: [])
        return KeySlot(draft, secret: secret(of: key, salt: draft.salt), wrapping: vaultKey, of: vault)
    }

    /// The secret that the key gives for `slot`.
    package static func secret(of key: borrowing SecretBytes, for slot: KeySlot) -> SlotSecret {
        secret(of: key, salt: slot.salt)
    }

    // The file is random already: one keyed hash spreads it over 64 bytes, apart for each salt.
    private static func secret(of key: borrowing SecretBytes, salt: [UInt8]) -> SlotSecret {
        var context = CanonicalEncoder()
        context.append("isogeo-vault key-file")
        context.append(salt)
        return SlotSecret(KeyedHash.expand(key, over: context.bytes))
    }
}
