internal import Glibc
internal import VaultKeys

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
        switch kind {
        case .credential(let credential):
            guard Self.opens(credential, slots, of: vault) else { return }
            throw opensAlready(credential.kind)
        case .keyFile(let path):
            guard unsafe access(path, F_OK) == 0 else { return }
            let key = Credential.keyFile(try translating { () throws(KeyError) in try KeyFile.read(path, trust: .own) })
            guard Self.opens(key, slots, of: vault) else { return }
            throw opensAlready(.keyFile)
        case .keyring(let telling, _):
            let others = slots.filter { $0.kind == .keyring && $0.id != leaving?.id }
            // Without another slot nobody is asked to unlock anything here; what ails the keyring is told where the key is
            // made.
            guard !others.isEmpty, let service = try? SecretService.find(telling: telling),
                (try? KeyringSlot.open(others, of: vault, in: service)) != nil
            else { return }
            throw opensAlready(.keyring)
        }
    }

    // A slot that can't be tried, since it was edited, isn't one that opens the vault.
    private static func opens(_ credential: borrowing Credential, _ slots: [KeySlot], of vault: VaultIdentity) -> Bool {
        for slot in slots where (try? credential.opens(slot, of: vault)) == true { return true }
        return false
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
