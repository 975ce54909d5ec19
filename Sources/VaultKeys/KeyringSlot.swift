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
            guard let found = try service.search(item, in: [collection]).first,
                try self.key(of: found, in: service).matches(key)
            else { throw .notReadBack }
            // A new collection's file may be there only now.
            try demand.check(service.place(at: found.collection))
        } catch {
            service.allow(.seconds(1))
            if let stored = try? service.search(item, in: [collection]) { _ = delete(stored, in: service) }
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
        return try openAny(candidates, of: vault, in: service).takeUnlocked()
    }

    /// Where the key of a slot lies, once it was seen to open the vault.
    ///
    /// - Throws: as `open`.
    package static func place(of slot: KeySlot, of vault: VaultIdentity, in service: SecretService)
        throws(KeyError) -> KeyringPlace
    {
        let collection = try openAny([slot], of: vault, in: service).collection
        return try mappingErrors { () throws(KeyringProblem) in try service.place(at: collection) }
    }

    /// Where an item for one of the slots lies that could be read now; nil where there is none.
    ///
    /// The item isn't read, so that it may hold something else than the key.
    package static func readablePlace(of slots: [KeySlot], of vault: VaultIdentity, in service: SecretService)
        throws(KeyringProblem) -> KeyringPlace?
    {
        let open = try service.collections().filter { !$0.isLocked }
        for slot in slots where slot.kind == .keyring {
            let found = try service.search(KeyringItem(vault: vault, slot: slot.id), in: open)
            if let readable = found.first(where: { !$0.isLocked }) { return try service.place(at: readable.collection) }
        }
        return nil
    }

    /// Takes a slot's item out of the keyring, if it is there, and all that are mistaken for it.
    ///
    /// - Throws: `itemStays` where one is left, and what kept it there.
    package static func forget(_ slot: KeySlot, of vault: VaultIdentity, in service: SecretService)
        throws(KeyringProblem)
    {
        let item = KeyringItem(vault: vault, slot: slot.id)
        var found = try service.search(item, in: service.collections())
        // Where one is found the default collection needn't be opened: the item was stored once.
        for collection in found.isEmpty ? try service.unsearchable() : [] {
            try service.open(collection)
            found = try service.search(item, in: service.collections())
            guard found.isEmpty else { break }
        }
        let problem = delete(found, in: service)
        guard try service.search(item, in: service.collections()).isEmpty else { throw problem ?? .itemStays }
    }

    /// Deletes items.
    ///
    /// - Returns: why one of them stays; nil where none does.
    private static func delete(_ items: [SecretService.Found], in service: SecretService) -> KeyringProblem? {
        var problem: KeyringProblem?
        for found in items {
            do throws(KeyringProblem) {
                try service.open(found)
                try service.delete(found)
            } catch {
                problem = error
            }
        }
        return problem
    }

    // MARK: - Opening

    /// The vault's key, and the slot and the collection that had what opened it.
    private struct Opened: ~Copyable {
        let vaultKey: VaultKey
        let slot: [UInt8]
        let collection: String

        consuming func takeUnlocked() -> Unlocked { Unlocked(vaultKey: vaultKey, slot: slot) }
    }

    /// Opens the first of the slots whose key this keyring has, with as few dialogs as that takes.
    ///
    /// Items go first that are found, in whichever collection: one that is locked, be it the default one, keeps nothing
    /// else from being read. Only where they open nothing is anything unlocked that may hide another item, one after
    /// the other: the default collection should do.
    private static func openAny(_ slots: [KeySlot], of vault: VaultIdentity, in service: SecretService)
        throws(KeyError) -> Opened
    {
        var failure: KeyError
        do throws(KeyError) { return try openFound(slots, of: vault, in: service) } catch { failure = error }
        if failure.endsTheSearch { throw failure }
        let unsearchable: [SecretService.Collection]
        do throws(KeyringProblem) { unsearchable = try service.unsearchable() } catch {
            // What is wrong with an item that is there tells more than that there is no default collection.
            throw error == .noCollection && failure != .keyring(.itemGone) ? failure : .keyring(error)
        }
        for collection in unsearchable {
            try mappingErrors { () throws(KeyringProblem) in try service.open(collection) }
            do throws(KeyError) { return try openFound(slots, of: vault, in: service) } catch { failure = error }
            if failure.endsTheSearch { throw failure }
        }
        throw failure
    }

    /// More items than this for one slot were planted.
    private static let itemLimit = 8

    /// Opens a slot by an item that is found: first by those that can be read now, then by those that must be unlocked.
    private static func openFound(_ slots: [KeySlot], of vault: VaultIdentity, in service: SecretService)
        throws(KeyError) -> Opened
    {
        let collections = try mappingErrors { () throws(KeyringProblem) in
            try service.prepareForSecrets()
            return try service.collections()
        }
        var failure = KeyError.keyring(.itemGone)
        var locked: [(slot: KeySlot, item: SecretService.Found)] = []
        for isLocked in [false, true] {
            let collections = collections.filter { $0.isLocked == isLocked }
            for slot in slots {
                let item = KeyringItem(vault: vault, slot: slot.id)
                var left = itemLimit
                // One after the other: what opens the vault ends the search, and the next collection isn't asked.
                for collection in collections where left > 0 {
                    let found = try mappingErrors { () throws(KeyringProblem) in
                        try service.search(item, in: [collection])
                    }.prefix(left)
                    left -= found.count
                    for found in found {
                        guard !found.isLocked else {
                            locked.append((slot, found))
                            continue
                        }
                        if let opened = try open(slot, by: found, of: vault, in: service, &failure) { return opened }
                    }
                }
            }
        }
        for (slot, found) in locked {
            if let opened = try open(slot, by: found, of: vault, in: service, &failure) { return opened }
        }
        throw failure
    }

    /// Opens a slot by an item.
    ///
    /// - Returns: nil where it doesn't open it, which becomes the failure unless there is one already. Another
    ///   desktop's slot, whose key was never here, must neither keep ours from opening nor be the answer; and a planted
    ///   item isn't the answer where another one is locked.
    /// - Throws: what holds for every item.
    private static func open(
        _ slot: KeySlot,
        by found: SecretService.Found,
        of vault: VaultIdentity,
        in service: SecretService,
        _ failure: inout KeyError
    ) throws(KeyError) -> Opened? {
        func note(_ error: KeyError) {
            if failure == .keyring(.itemGone) || error == .keyring(.locked) { failure = error }
        }
        let secret: SlotSecret
        do throws(KeyringProblem) {
            secret = self.secret(of: try key(of: found, in: service), for: slot.salt)
        } catch {
            guard !error.endsTheSearch else { throw .keyring(error) }
            note(.keyring(error))
            return nil
        }
        do throws(KeyError) {
            if let vaultKey = try slot.open(with: secret, of: vault) {
                return Opened(vaultKey: vaultKey, slot: slot.id, collection: found.collection)
            }
            note(.keyring(.itemDoesNotFit))
        } catch {
            note(error)
        }
        return nil
    }

    private static func key(of found: SecretService.Found, in service: SecretService)
        throws(KeyringProblem) -> SecretBytes
    {
        try service.open(found)
        return try service.withSecret(of: found) { (digits: Span<UInt8>) throws(KeyringProblem) in
            guard digits.count == 2 * KeyFile.count, let key = Hexadecimal.decode(digits) else { throw .itemForeign }
            return key
        }
    }

    private static func secret(of key: borrowing SecretBytes, for salt: [UInt8]) -> SlotSecret {
        SlotSecret(spreading: key, for: .keyring, salt: salt)
    }
}

extension KeyError {
    /// Whether no other collection is to be looked into: the user has to do something about one that has an item, or
    /// the keyring doesn't answer any more.
    fileprivate var endsTheSearch: Bool {
        guard case .keyring(let problem) = self else { return false }
        return problem.endsTheSearch || problem == .locked
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
