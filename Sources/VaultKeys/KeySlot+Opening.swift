package import VaultCrypto

extension KeySlot {
    /// Opens the vault by the first slot of a kind that a secret fits.
    ///
    /// - Parameters:
    ///   - slots: all slots of the vault.
    ///   - kind: of those that are tried.
    ///   - limit: the most that are tried.
    ///   - vault: the vault they belong to.
    ///   - name: what people call what holds the secret.
    ///   - secret: gives the secret for a slot.
    /// - Returns: the vault key, and which slot gave it.
    /// - Throws: `noSlot`, `doesNotFit`, `damagedSlot`; what `secret` throws.
    package static func open(
        _ slots: [KeySlot],
        _ kind: Kind,
        limit: Int = KeySlot.limit,
        of vault: VaultIdentity,
        name: KeyName,
        by secret: (KeySlot) throws(KeyError) -> SlotSecret
    ) throws(KeyError) -> Unlocked {
        let candidates = slots.filter { $0.kind == kind }.prefix(limit)
        guard !candidates.isEmpty else { throw .noSlot(of: kind) }
        var failure: KeyError?
        for slot in candidates {
            do throws(KeyError) {
                if let key = try slot.open(with: try secret(slot), of: vault) {
                    return Unlocked(vaultKey: key, slot: slot.id)
                }
            } catch {
                // A slot that was edited must not keep the others from opening; alone it is the answer.
                failure = error
            }
        }
        throw failure ?? .doesNotFit(name)
    }
}

/// A vault key, and the slot that gave it.
package struct Unlocked: ~Copyable, Sendable {
    package let vaultKey: VaultKey
    /// The slot's id, 16 bytes.
    package let slot: [UInt8]

    package init(vaultKey: consuming VaultKey, slot: [UInt8]) {
        self.vaultKey = vaultKey
        self.slot = slot
    }

    /// Gives the key away.
    package consuming func takeKey() -> VaultKey { vaultKey }
}
