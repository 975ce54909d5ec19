package import VaultCrypto

/// The slot whose secret is one item of the desktop keyring: 32 random bytes as 64 hexadecimal digits.
///
/// The item is written once and never replaced. Its attributes are ids and nothing else, since keyrings keep them in
/// clear and let anybody change them.
package enum KeyringSlot {
    /// Makes a slot: its key is in the keyring, and was read back, before anything else is written.
    ///
    /// - Parameters:
    ///   - service: the keyring.
    ///   - vaultKey: what the slot will open.
    ///   - vault: the vault's identity.
    ///   - path: where the vault lies, for the label that people see.
    ///   - acceptsPlainText: whether a collection without a password will do.
    ///   - now: seconds since 1970.
    /// - Returns: the slot.
    /// - Throws: what is wrong with the keyring.
    package static func make(
        in service: SecretService,
        wrapping vaultKey: borrowing VaultKey,
        of vault: VaultIdentity,
        at path: String,
        acceptsPlainText: Bool,
        now: Int64
    ) throws(KeyringProblem) -> KeySlot {
        let draft = KeySlot.Draft(kind: .keyring, created: now, parameters: [])
        let item = KeyringItem(vault: vault, slot: draft.id)
        let key = SecretBytes.random(count: KeyFile.count)
        let digits = key.withBytes { Hexadecimal.encode($0) }
        let collection = try service.openCollection()
        guard acceptsPlainText || !collection.isPlainText else { throw .plainText }
        try digits.withBytes { (digits: Span<UInt8>) throws(KeyringProblem) in
            try service.store(item, in: collection, secret: digits, label: "isogeo-vault key of \(path)")
        }
        do throws(KeyringProblem) {
            let isThere = try service.find(item) != nil
            guard isThere, try self.key(of: item, in: service).matches(key) else { throw .notReadBack }
            // A new collection's file may be there only now.
            let isPlainText = try service.defaultCollection().isPlainText
            guard acceptsPlainText || !isPlainText else { throw .plainText }
        } catch {
            try? forget(item, in: service)
            throw error
        }
        return KeySlot(draft, secret: secret(of: key, for: draft.salt), wrapping: vaultKey, of: vault)
    }

    /// Opens the vault by the first of its keyring slots whose key this keyring has.
    ///
    /// - Throws: `noSlot`, `keyring`, `doesNotFit`, `damagedSlot`.
    package static func open(
        _ slots: [KeySlot],
        of vault: VaultIdentity,
        in service: SecretService
    ) throws(KeyError) -> Unlocked {
        let candidates = slots.filter { $0.kind == .keyring }
        guard !candidates.isEmpty else { throw .noSlot(of: .keyring) }
        var failure: KeyError?
        do throws(KeyringProblem) { _ = try service.openCollection() } catch { throw .keyring(error) }
        for slot in candidates {
            do throws(KeyError) {
                if let key = try slot.open(with: try secret(for: slot, of: vault, in: service), of: vault) {
                    return Unlocked(vaultKey: key, slot: slot.id)
                }
                failure = .doesNotFit("The key in the desktop keyring")
            } catch {
                // Another desktop's slot must not keep ours from opening; that ours has gone is the better answer.
                failure = failure ?? error
            }
        }
        throw failure ?? .keyring(.itemGone)
    }

    /// Takes a slot's item out of the keyring, if it is there.
    package static func forget(_ slot: KeySlot, of vault: VaultIdentity, in service: SecretService)
        throws(KeyringProblem)
    {
        try forget(KeyringItem(vault: vault, slot: slot.id), in: service)
    }

    private static func forget(_ item: KeyringItem, in service: SecretService) throws(KeyringProblem) {
        _ = try service.openCollection()
        if let path = try service.find(item) { try service.delete(path) }
    }

    private static func secret(for slot: KeySlot, of vault: VaultIdentity, in service: SecretService)
        throws(KeyError) -> SlotSecret
    {
        do throws(KeyringProblem) {
            let item = KeyringItem(vault: vault, slot: slot.id)
            guard try service.find(item) != nil else { throw .itemGone }
            return secret(of: try key(of: item, in: service), for: slot.salt)
        } catch {
            throw .keyring(error)
        }
    }

    private static func key(of item: KeyringItem, in service: SecretService) throws(KeyringProblem) -> SecretBytes {
        try service.withSecret(of: item) { (digits: Span<UInt8>) throws(KeyringProblem) in
            guard digits.count == 2 * KeyFile.count, let key = Hexadecimal.decode(digits) else { throw .itemForeign }
            return key
        }
    }

    private static func secret(of key: borrowing SecretBytes, for salt: [UInt8]) -> SlotSecret {
        SlotSecret(spreading: key, for: .keyring, salt: salt)
    }
}

/// Which item of the keyring is meant: ids in hexadecimal digits, and nothing that tells anything to anybody.
struct KeyringItem {
    let vault: String
    let slot: String

    init(vault: VaultIdentity, slot: [UInt8]) {
        self.vault = Self.digits(vault.id)
        self.slot = Self.digits(slot)
    }

    private static func digits(_ id: [UInt8]) -> String {
        id.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}
