package import VaultCrypto

/// The slot that a passphrase opens, through Argon2id.
package enum PassphraseSlot {
    /// A new slot; it takes the time and memory of `cost`.
    ///
    /// - Parameters:
    ///   - passphrase: 1 … 1 024 bytes.
    ///   - cost: within floor and ceiling.
    ///   - vaultKey: what the slot opens.
    ///   - vault: the vault that the slot belongs to.
    ///   - now: seconds since 1970.
    /// - Returns: the slot to store.
    /// - Throws: `costRefused`, `notEnoughMemory`.
    package static func make(
        _ passphrase: borrowing Passphrase,
        cost: KeyDerivationCost,
        wrapping vaultKey: borrowing VaultKey,
        of vault: VaultIdentity,
        now: Int64
    ) throws(KeyError) -> KeySlot {
        var parameters = CanonicalEncoder()
        parameters.append(cost.passes)
        parameters.append(cost.memory)
        let draft = KeySlot.Draft(kind: .passphrase, created: now, parameters: parameters.bytes)
        let secret = try secret(of: passphrase, cost: cost, salt: draft.salt, slot: "passphrase")
        return KeySlot(draft, secret: secret, wrapping: vaultKey, of: vault)
    }

    /// The secret that `passphrase` gives for `slot`, at the cost that the slot asks for.
    ///
    /// - Throws: `damagedSlot`, `costRefused`, `notEnoughMemory`.
    package static func secret(of passphrase: borrowing Passphrase, for slot: KeySlot) throws(KeyError) -> SlotSecret {
        let cost = try cost(of: slot)
        return try secret(of: passphrase, cost: cost, salt: slot.salt, slot: slot.name)
    }

    /// Opens the vault by the first slot that the passphrase fits; four are tried at most, each takes its time.
    ///
    /// - Throws: `noSlot`, `doesNotFit`, `damagedSlot`, `costRefused`, `notEnoughMemory`.
    package static func open(
        _ slots: [KeySlot],
        by passphrase: borrowing Passphrase,
        of vault: VaultIdentity,
        name: KeyName
    ) throws(KeyError) -> Unlocked {
        let limit = KeySlot.passphraseLimit
        return try KeySlot.open(slots, .passphrase, limit: limit, of: vault, name: name) { (slot) throws(KeyError) in
            try secret(of: passphrase, for: slot)
        }
    }

    /// What it costs to try a passphrase on this slot.
    package static func cost(of slot: KeySlot) throws(KeyError) -> KeyDerivationCost {
        var decoder = CanonicalDecoder(slot.parameters)
        do throws(CryptoError) {
            let cost = KeyDerivationCost(passes: try decoder.nextNumber(), memory: try decoder.nextNumber())
            try decoder.finish()
            return cost
        } catch {
            throw .damagedSlot(slot.name)
        }
    }

    /// The secret at a cost that fits into the memory that there is.
    static func secret(
        of passphrase: borrowing Passphrase,
        cost: KeyDerivationCost,
        salt: [UInt8],
        slot: String,
        memory: AvailableMemory = .current
    ) throws(KeyError) -> SlotSecret {
        do throws(CryptoError) {
            try cost.check()
            // Asked before it is taken: in a container the kernel kills (137) where malloc would have failed.
            if let available = memory.bytes, available < cost.memory {
                throw .derivationMemoryUnavailable(available)
            }
            return SlotSecret(try passphrase.deriveKey(salt: salt, cost: cost))
        } catch {
            switch error {
            case .costBelowFloor:
                throw .costRefused(slot: slot, passes: cost.passes, memory: cost.memory, tooLow: true)
            case .costAboveCeiling:
                throw .costRefused(slot: slot, passes: cost.passes, memory: cost.memory, tooLow: false)
            case .derivationMemoryUnavailable(let available):
                throw .notEnoughMemory(needed: cost.memory, available: available)
            default: throw .damagedSlot(slot)
            }
        }
    }
}
