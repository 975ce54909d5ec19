package import VaultCrypto
package import VaultSystem

/// A way to open a vault that somebody named.
///
/// It is the only one tried: when it fails, that is the answer.
package enum UnlockMethod: Equatable, Sendable {
    case keyFile(String, policy: FilePolicy)
    case passphrase(PassphraseSource)
    /// The recovery code in a file of the user's own.
    case recovery(file: String)

    /// The first way that the environment names.
    ///
    /// In this order: `ISOGEO_VAULT_KEY_FILE`, `ISOGEO_VAULT_SHARED_KEY_FILE`, `ISOGEO_VAULT_PASSPHRASE_FILE`,
    /// `ISOGEO_VAULT_SHARED_PASSPHRASE_FILE`, `ISOGEO_VAULT_PASSPHRASE`, then `isogeo-vault.key` and
    /// `isogeo-vault.passphrase` in `$CREDENTIALS_DIRECTORY` (systemd.exec(5)). A variable that is set and empty names a
    /// way, which then fails: it isn't passed over.
    ///
    /// - Parameter variable: the value of a variable of the environment; nil when it isn't set.
    /// - Returns: nil when none is named.
    package static func named(inEnvironment variable: (String) -> String?) -> UnlockMethod? {
        if let path = variable("ISOGEO_VAULT_KEY_FILE") { return .keyFile(path, policy: .own) }
        if let path = variable("ISOGEO_VAULT_SHARED_KEY_FILE") { return .keyFile(path, policy: .shared) }
        if let path = variable("ISOGEO_VAULT_PASSPHRASE_FILE") { return .passphrase(.file(path, policy: .own)) }
        if let path = variable("ISOGEO_VAULT_SHARED_PASSPHRASE_FILE") {
            return .passphrase(.file(path, policy: .shared))
        }
        if variable(PassphraseSource.secretVariable) != nil {
            return .passphrase(.variable(PassphraseSource.secretVariable))
        }
        guard let folder = variable("CREDENTIALS_DIRECTORY") else { return nil }
        let key = "\(folder)/isogeo-vault.key"
        if FilePath.exists(key) { return .keyFile(key, policy: .shared) }
        let passphrase = "\(folder)/isogeo-vault.passphrase"
        if FilePath.exists(passphrase) { return .passphrase(.file(passphrase, policy: .shared)) }
        return nil
    }

    /// What people call it, at the start of a sentence.
    package var name: String {
        switch self {
        case .keyFile(let path, _): "The key file \(path)"
        case .passphrase(let source): source.name
        case .recovery(let path): "The recovery code in \(path)"
        }
    }

    /// Reads what the method names.
    ///
    /// - Throws: whatever is wrong with the file, descriptor, command or variable.
    package func credential() throws(KeyError) -> Credential {
        switch self {
        case .keyFile(let path, let policy): return .keyFile(try KeyFile.read(path, policy: policy))
        case .passphrase(let source): return .passphrase(try source.read())
        case .recovery(let path):
            let text = try SecretFile.read(path, limit: RecoveryCode.textLimit, policy: .own, holding: .recoveryCode)
            return .recovery(try RecoveryCode(text: text))
        }
    }
}

/// What opens a slot, in hand.
package enum Credential: ~Copyable, Sendable {
    case passphrase(Passphrase)
    /// The 32 bytes of a key file.
    case keyFile(SecretBytes)
    case recovery(RecoveryCode)

    package var kind: KeySlot.Kind {
        switch self {
        case .passphrase: .passphrase
        case .keyFile: .keyFile
        case .recovery: .recovery
        }
    }

    /// Opens the vault by the first slot of the credential's kind that it fits; of passphrase slots at most four are
    /// tried, each of which takes its time.
    ///
    /// - Parameters:
    ///   - slots: all slots of the vault.
    ///   - vault: the vault they belong to.
    ///   - name: what people call this credential.
    /// - Returns: the vault key, and which slot gave it.
    /// - Throws: `noSlot`, `doesNotFit`, `damagedSlot`, `costRefused`, `notEnoughMemory`.
    package borrowing func open(_ slots: [KeySlot], of vault: VaultIdentity, name: String) throws(KeyError) -> Unlocked
    {
        let candidates = slots.filter { $0.kind == kind }.prefix(
            kind == .passphrase ? KeySlot.passphraseLimit : KeySlot.limit
        )
        guard !candidates.isEmpty else { throw .noSlot(of: kind) }
        var failure: KeyError?
        for slot in candidates {
            do throws(KeyError) {
                if let key = try slot.open(with: try secret(for: slot), of: vault) {
                    return Unlocked(vaultKey: key, slot: slot.id)
                }
            } catch {
                // A slot that was edited must not keep the others from opening; alone it is the answer.
                failure = error
            }
        }
        throw failure ?? .doesNotFit(name)
    }

    /// A new slot that this credential opens.
    ///
    /// - Throws: `costRefused`, `notEnoughMemory`.
    package borrowing func makeSlot(
        cost: KeyDerivationCost,
        wrapping vaultKey: borrowing VaultKey,
        of vault: VaultIdentity,
        now: Int64
    ) throws(KeyError) -> KeySlot {
        switch self {
        case .passphrase(let passphrase):
            try PassphraseSlot.make(passphrase, cost: cost, wrapping: vaultKey, of: vault, now: now)
        case .keyFile(let key): KeyFileSlot.make(key, wrapping: vaultKey, of: vault, now: now)
        case .recovery(let code): RecoverySlot.make(code, wrapping: vaultKey, of: vault, now: now)
        }
    }

    borrowing func secret(for slot: KeySlot) throws(KeyError) -> SlotSecret {
        switch self {
        case .passphrase(let passphrase): try PassphraseSlot.secret(of: passphrase, for: slot)
        case .keyFile(let key): KeyFileSlot.secret(of: key, for: slot)
        case .recovery(let code): RecoverySlot.secret(of: code, for: slot)
        }
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
