package import VaultCrypto
internal import VaultSystem

/// The slot whose secret is one item of the desktop keyring: 32 random bytes as 64 hexadecimal digits.
///
/// The item is written once and never replaced. Its attributes are ids and nothing else, since keyrings keep them in
/// clear and let every program change them.
package enum KeyringSlot {
    /// Makes a slot: its key is in the keyring, and was read back, before anything else is written.
    ///
    /// - Parameters:
    ///   - service: the keyring.
    ///   - vaultKey: what the slot will open.
    ///   - vault: the vault's identity.
    ///   - path: where the vault lies, for the label that people see.
    ///   - demand: which collections will do.
    ///   - now: seconds since 1970.
    /// - Returns: the slot.
    /// - Throws: what is wrong with the keyring.
    package static func make(
        in service: SecretService,
        wrapping vaultKey: borrowing VaultKey,
        of vault: VaultIdentity,
        at path: String,
        demanding demand: KeyringRequirement,
        now: Int64
    ) throws(KeyringProblem) -> KeySlot {
        let draft = KeySlot.Draft(kind: .keyring, created: now, parameters: [])
        let item = KeyringItem(vault: vault, slot: draft.id)
        let key = SecretBytes.random(count: KeyFile.count)
        let digits = key.withBytes { Hexadecimal.encode($0) }
        let collection = try service.openCollection()
        try demand.check(service.place(of: collection))
        try digits.withBytes { (digits: Span<UInt8>) throws(KeyringProblem) in
            try service.store(item, in: collection, secret: digits, label: "isogeo-vault key of \(path)")
        }
        do throws(KeyringProblem) {
            guard let found = try service.search(item).first,
                try self.key(of: found, for: item, in: service).matches(key)
            else { throw .notReadBack }
            // A new collection's file may be there only now.
            try demand.check(service.place(at: found.collection))
        } catch {
            service.allow(.seconds(1))
            try? forget(item, in: service)
            throw error
        }
        return KeySlot(draft, secret: secret(of: key, for: draft.salt), wrapping: vaultKey, of: vault)
    }

    /// Opens the vault by the first of its keyring slots whose key this keyring has.
    ///
    /// - Throws: `noSlot`, `keyring`, `damagedSlot`.
    package static func open(
        _ slots: [KeySlot],
        of vault: VaultIdentity,
        in service: SecretService
    ) throws(KeyError) -> Unlocked {
        let candidates = slots.filter { $0.kind == .keyring }
        guard !candidates.isEmpty else { throw .noSlot(of: .keyring) }
        try openCollection(of: service)
        var failure = KeyError.keyring(.itemGone)
        for slot in candidates {
            do throws(KeyError) {
                return Unlocked(vaultKey: try open(slot, of: vault, in: service).takeKey(), slot: slot.id)
            } catch .keyring(let problem) where problem.endsTheSearch {
                throw .keyring(problem)
            } catch {
                // Another desktop's slot, whose key was never here, must neither keep ours from opening nor be the
                // answer.
                if failure == .keyring(.itemGone) { failure = error }
            }
        }
        throw failure
    }

    /// Where the key of a slot lies, once it was seen to open the vault.
    ///
    /// - Throws: as `open`.
    package static func place(of slot: KeySlot, of vault: VaultIdentity, in service: SecretService)
        throws(KeyError) -> KeyringPlace
    {
        try openCollection(of: service)
        let collection = try open(slot, of: vault, in: service).collection
        return try mappingErrors { () throws(KeyringProblem) in try service.place(at: collection) }
    }

    /// Takes a slot's item out of the keyring, if it is there, and all that are mistaken for it.
    ///
    /// - Throws: `itemStays` where one is left, and what kept it there.
    package static func forget(_ slot: KeySlot, of vault: VaultIdentity, in service: SecretService)
        throws(KeyringProblem)
    {
        try forget(KeyringItem(vault: vault, slot: slot.id), in: service)
    }

    private static func forget(_ item: KeyringItem, in service: SecretService) throws(KeyringProblem) {
        _ = try service.openCollection()
        var problem: KeyringProblem?
        for found in try service.search(item) {
            do throws(KeyringProblem) {
                try service.open(found, of: item)
                try service.delete(found)
            } catch {
                problem = error
            }
        }
        guard try service.search(item).isEmpty else { throw problem ?? .itemStays }
    }

    private static func openCollection(of service: SecretService) throws(KeyError) {
        _ = try mappingErrors { () throws(KeyringProblem) in try service.openCollection() }
    }

    /// The vault's key, and the collection that had what opened it.
    private struct Opened: ~Copyable {
        let vaultKey: VaultKey
        let collection: String

        consuming func takeKey() -> VaultKey { vaultKey }
    }

    /// More items than this for one slot were planted.
    private static let itemLimit = 8

    /// Opens a slot by whichever of the items that are found for it has its key.
    private static func open(_ slot: KeySlot, of vault: VaultIdentity, in service: SecretService)
        throws(KeyError) -> Opened
    {
        let item = KeyringItem(vault: vault, slot: slot.id)
        let found = try mappingErrors { () throws(KeyringProblem) in try service.search(item) }
        var problem = KeyringProblem.itemGone
        for found in found.prefix(itemLimit) {
            let secret: SlotSecret
            do throws(KeyringProblem) {
                secret = self.secret(of: try key(of: found, for: item, in: service), for: slot.salt)
            } catch {
                guard error == .itemForeign || error == .itemGone else { throw .keyring(error) }
                if problem == .itemGone { problem = error }
                continue
            }
            if let key = try slot.open(with: secret, of: vault) {
                return Opened(vaultKey: key, collection: found.collection)
            }
            problem = .itemDoesNotFit
        }
        throw .keyring(problem)
    }

    private static func key(
        of found: SecretService.Found,
        for item: KeyringItem,
        in service: SecretService
    ) throws(KeyringProblem) -> SecretBytes {
        try service.open(found, of: item)
        return try service.withSecret(of: found) { (digits: Span<UInt8>) throws(KeyringProblem) in
            guard digits.count == 2 * KeyFile.count, let key = Hexadecimal.decode(digits) else { throw .itemForeign }
            return key
        }
    }

    private static func secret(of key: borrowing SecretBytes, for salt: [UInt8]) -> SlotSecret {
        SlotSecret(spreading: key, for: .keyring, salt: salt)
    }
}

/// Which item of the keyring is meant: ids in hexadecimal digits, which reveal nothing.
struct KeyringItem {
    let vault: String
    let slot: String

    init(vault: VaultIdentity, slot: [UInt8]) {
        self.vault = HexadecimalDigits.text(vault.id)
        self.slot = HexadecimalDigits.text(slot)
    }
}
