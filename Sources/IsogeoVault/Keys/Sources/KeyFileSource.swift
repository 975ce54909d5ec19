internal import VaultCrypto
internal import VaultKeys
internal import VaultSystem

/// A key file: 32 random bytes.
struct KeyFileSource: KeySource {
    static let kind = KeySlot.Kind.keyFile
    // A file that opens several slots gets one new key.
    static let renewsAllAtOnce = true

    /// How long the maker of a key file has to write its vault.
    private static let makerPatience = Duration.seconds(10)

    var name: KeyName { .keyFile(path) }
    let path: String
    private let policy: FilePolicy
    /// The key that was read; nil for a file that is read, or made, when it is used.
    private let held: Held<SecretBytes>?

    /// The key in a file.
    ///
    /// - Throws: `unreadable`, `unsafeFile`, `notAKeyFile`.
    init(reading path: String, policy: FilePolicy) throws(KeyError) {
        self.path = path
        self.policy = policy
        held = Held(try KeyFile.read(path, policy: policy))
    }

    /// A file of the user's own, which is made for a slot if it doesn't exist.
    init(making path: String) {
        self.path = path
        policy = .own
        held = nil
    }

    static func named(byVariables variable: (String) -> String?) -> KeyReference? {
        if let path = variable("ISOGEO_VAULT_KEY_FILE") { return .keyFile(path, .own) }
        return variable("ISOGEO_VAULT_SHARED_KEY_FILE").map { .keyFile($0, .shared) }
    }

    static func named(inCredentials folder: String) -> KeyReference? {
        let path = "\(folder)/isogeo-vault.key"
        return FilePath.exists(path) ? .keyFile(path, .shared) : nil
    }

    func open(_ slots: [KeySlot], of vault: VaultIdentity) throws(KeyError) -> Unlocked {
        let key = try key()
        do throws(KeyError) {
            return try KeyFileSlot.open(slots, by: key.secret, of: vault, name: name)
        } catch {
            // A `rekey` that was killed may have left the file's new key next to it.
            guard policy == .own, let unlocked = KeyFileReplacement.openUnfinished(path, slots, of: vault) else {
                throw error
            }
            return unlocked
        }
    }

    func opensAny(of slots: [KeySlot], leaving: KeySlot?, of vault: VaultIdentity) throws(KeyError) -> Bool {
        guard held != nil || FilePath.exists(path) else { return false }
        let key = try key()
        for slot in slots where (try? Self.opens(slot, by: key, of: vault)) == true { return true }
        return false
    }

    func opens(_ slot: KeySlot, of vault: VaultIdentity) throws(KeyError) -> Bool {
        try Self.opens(slot, by: try key(), of: vault)
    }

    func makeSlot(wrapping vaultKey: borrowing VaultKey, _ request: SlotRequest) throws(KeyError) -> KeySlot {
        KeyFileSlot.make(try key().secret, wrapping: vaultKey, of: request.vault, now: request.now)
    }

    func newSlot(wrapping vaultKey: borrowing VaultKey, _ request: SlotRequest) throws(VaultError) -> NewSlot {
        try mappingErrors { () throws(KeyError) in
            if policy != .own { return NewSlot(slot: try makeSlot(wrapping: vaultKey, request)) }
            guard held == nil, !FilePath.exists(path) else {
                // Its maker takes it away if its vault can't be written: what was read before that is no file's key.
                try MadeKeyFile.waitForMaker(of: path, until: .now + Self.makerPatience)
                let key = try KeyFile.read(path, policy: policy)
                return NewSlot(slot: KeyFileSlot.make(key, wrapping: vaultKey, of: request.vault, now: request.now))
            }
            let made = try KeyFile.make(path)
            let slot = KeyFileSlot.make(made.key, wrapping: vaultKey, of: request.vault, now: request.now)
            return NewSlot(slot: slot, undo: { made.remove() })
        }
    }

    /// A file of the user's own gets a new key; a shared one can't be written here, and keeps its key.
    func renew(_ old: KeySlot, wrapping vaultKey: borrowing VaultKey, _ request: SlotRequest)
        throws(RenewalFailure) -> NewSlot?
    {
        do throws(KeyError) {
            let key = try key()
            guard policy == .own else {
                let slot = KeyFileSlot.make(key.secret, wrapping: vaultKey, of: request.vault, now: request.now)
                return NewSlot(slot: slot, finish: { [path] in .sharedKeyFileKept(path) })
            }
            let (slot, replacement) = try KeyFileReplacement.make(
                path,
                holding: key.secret,
                wrapping: vaultKey,
                of: request.vault,
                id: request.slotID(pendingNextTo: path),
                now: request.now
            )
            return NewSlot(
                slot: slot,
                finish: {
                    replacement.finish()
                        ? nil : .keyFilePending(replacement.path, newKey: replacement.pending)
                },
                undo: { replacement.undo() },
                formerKeyFile: replacement.former
            )
        } catch {
            throw RenewalFailure(.notMade, error)
        }
    }

    private func key() throws(KeyError) -> Held<SecretBytes> {
        if let held { return held }
        return Held(try KeyFile.read(path, policy: policy))
    }

    private static func opens(_ slot: KeySlot, by key: Held<SecretBytes>, of vault: VaultIdentity)
        throws(KeyError) -> Bool
    {
        guard slot.kind == kind else { return false }
        guard let _ = try slot.open(with: KeyFileSlot.secret(of: key.secret, for: slot), of: vault) else {
            return false
        }
        return true
    }
}

extension KeyReference {
    static func keyFile(_ path: String, _ policy: FilePolicy) -> KeyReference {
        KeyReference(
            kind: KeyFileSource.self,
            name: .keyFile(path),
            file: File(path: path, policy: policy, content: .key),
            openUnfinished: { slots, vault in
                policy == .own ? KeyFileReplacement.openUnfinished(path, slots, of: vault) : nil
            },
            read: { () throws(VaultError) in
                try mappingErrors { () throws(KeyError) in try KeyFileSource(reading: path, policy: policy) }
            }
        )
    }
}
