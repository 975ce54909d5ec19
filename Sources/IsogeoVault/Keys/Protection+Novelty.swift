internal import VaultKeys
internal import VaultSystem

extension Protection {
    /// Refuses what opens one of the slots already: two slots of one key look like two ways in, and are lost together.
    ///
    /// - Parameters:
    ///   - slots: those of the vault.
    ///   - leaving: the slot that goes for the new one. A keyring may get a new item in its place; the same key file or
    ///     passphrase would change nothing.
    ///   - vault: whose they are.
    /// - Throws: `usage`; what is wrong with a key file that is there.
    borrowing func checkIsNew(to slots: [KeySlot], leaving: KeySlot? = nil, of vault: VaultIdentity) throws(VaultError)
    {
        // Thrown behind the switch: what is called on self within a case that has bound something copies the kind, which
        // can't be copied, and crashes once optimised (Swift 6.3.1).
        guard let taken = try takenKind(slots, leaving, of: vault) else { return }
        throw opensAlready(taken)
    }

    /// Of which kind it is, if it opens one of the slots already.
    private borrowing func takenKind(_ slots: [KeySlot], _ leaving: KeySlot?, of vault: VaultIdentity)
        throws(VaultError) -> KeySlot.Kind?
    {
        switch kind {
        case .credential(let credential): return Self.opens(credential, slots, of: vault) ? credential.kind : nil
        case .keyFile(let path):
            guard FilePath.exists(path) else { return nil }
            let key = Credential.keyFile(
                try mappingErrors { () throws(KeyError) in try KeyFile.read(path, policy: .own) }
            )
            return Self.opens(key, slots, of: vault) ? .keyFile : nil
        case .keyring(let interaction, _):
            let others = slots.filter { $0.kind == .keyring && $0.id != leaving?.id }
            // Without another slot nobody is asked to unlock anything here; what ails the keyring is told where the key is
            // made.
            guard !others.isEmpty, let service = try? SecretService.find(interaction) else { return nil }
            return Self.opens(service, others, of: vault) ? .keyring : nil
        }
    }

    // A slot that can't be tried, since it was edited, isn't one that opens the vault.
    private static func opens(_ credential: borrowing Credential, _ slots: [KeySlot], of vault: VaultIdentity) -> Bool {
        for slot in slots where (try? credential.opens(slot, of: vault)) == true { return true }
        return false
    }

    // Not by comparing what try? gives with nil: with a noncopyable result that crashes once optimised (Swift 6.3.1).
    private static func opens(_ service: SecretService, _ slots: [KeySlot], of vault: VaultIdentity) -> Bool {
        do throws(KeyError) {
            _ = try KeyringSlot.open(slots, of: vault, in: service)
            return true
        } catch {
            return false
        }
    }

    private borrowing func opensAlready(_ kind: KeySlot.Kind) -> VaultError {
        let remedy =
            switch kind {
            case .keyFile: "Name a file that doesn't exist yet, or use rekey."
            case .keyring:
                "Add a key of another kind; for a new key in the keyring: isogeo-vault key change keyring keyring"
            default: "Choose another passphrase, or add a key of another kind."
            }
        return VaultError(.usage, "\(name) opens this vault already.", remedy: remedy)
    }
}
