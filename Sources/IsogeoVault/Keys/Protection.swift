internal import VaultCrypto
internal import VaultKeys
internal import VaultSystem

/// What a new vault is protected with: its first key slot.
public struct Protection: ~Copyable, Sendable {
    enum Kind: ~Copyable, Sendable {
        case credential(Credential)
        case keyFile(path: String)
        case keyring(UserInteraction, acceptsPlainText: Bool)
    }

    let kind: Kind

    /// What people call it, at the start of a sentence.
    let name: String

    private init(_ kind: consuming Kind, name: String) {
        self.kind = kind
        self.name = name
    }

    /// A key file, 32 random bytes; it is made, mode 0600, where there is none.
    public static func keyFile(_ path: String) -> Protection { Protection(.keyFile(path: path), name: path) }

    /// A random key in the desktop keyring.
    ///
    /// - Parameters:
    ///   - interaction: tells of a dialog of the keyring; without `tell` none is raised.
    ///   - acceptingPlainText: whether a keyring will do that has no password, or whose file isn't where this program
    ///     looks for it: whoever reads the file may have the key.
    /// - Returns: the protection; the key is made when it is used.
    public static func keyring(_ interaction: UserInteraction = .none, acceptingPlainText: Bool = false) -> Protection {
        Protection(.keyring(interaction, acceptsPlainText: acceptingPlainText), name: "This desktop's keyring")
    }

    /// A passphrase that `ask` gets from somebody; it is called once, now.
    ///
    /// - Throws: what `ask` throws; `locked` when the passphrase is empty.
    public static func passphrase(asking ask: UserInteraction.Asking) throws(VaultError) -> Protection {
        Protection(.credential(.passphrase(try Passphrase(asking: ask))), name: "The passphrase")
    }

    /// The passphrase, key file or keyring that `unlocking` names, so that it opens the vault from then on.
    ///
    /// - Throws: what is wrong with what is named; `usage` for a recovery code, which is made and never chosen.
    public static func by(_ unlocking: Unlocking) throws(VaultError) -> Protection {
        guard !unlocking.isRecovery else {
            throw VaultError(
                .usage,
                "A recovery code opens the vault that it was made for, and protects no other.",
                remedy: "Protect it with a passphrase or a key file, and let a recovery code be made for it."
            )
        }
        if case .keyring(let interaction) = unlocking.way { return .keyring(interaction) }
        return Protection(.credential(try unlocking.credential()), name: unlocking.name)
    }

    /// A recovery code that was made just now.
    static func recovery(_ code: consuming RecoveryCode) -> Protection {
        Protection(.credential(.recovery(code)), name: "The recovery code")
    }

    /// Makes the slot; a key file or a keyring's item is made before, and read back.
    ///
    /// - Parameters:
    ///   - vaultKey: what the slot opens.
    ///   - vault: whose.
    ///   - path: where the vault lies, for people who look at their keyring.
    ///   - now: seconds since 1970.
    /// - Returns: the slot.
    /// - Throws: what keeps the key from being made, stored or read back.
    borrowing func makeSlot(
        wrapping vaultKey: borrowing VaultKey,
        of vault: VaultIdentity,
        at path: String,
        now: Int64
    ) throws(KeyError) -> KeySlot {
        switch kind {
        case .credential(let credential):
            return try credential.makeSlot(cost: .moderate, wrapping: vaultKey, of: vault, now: now)
        case .keyFile(let path):
            let key = FilePath.exists(path) ? try KeyFile.read(path, policy: .own) : try KeyFile.make(path)
            return KeyFileSlot.make(key, wrapping: vaultKey, of: vault, now: now)
        case .keyring(let interaction, let acceptsPlainText):
            let service = try SecretService.find(interaction)
            return try mappingErrors { () throws(KeyringProblem) in
                try KeyringSlot.make(
                    in: service,
                    wrapping: vaultKey,
                    of: vault,
                    at: path,
                    demanding: acceptsPlainText ? .any : .password,
                    now: now
                )
            }
        }
    }

    /// Opens a vault that has such a slot.
    borrowing func open(_ slots: [KeySlot], of vault: VaultIdentity) throws(KeyError) -> Unlocked {
        switch kind {
        case .credential(let credential): return try credential.open(slots, of: vault, name: name)
        case .keyFile(let path):
            let key = Credential.keyFile(try KeyFile.read(path, policy: .own))
            do throws(KeyError) {
                return try key.open(slots, of: vault, name: "The key file \(path)")
            } catch {
                if let unlocked = KeyFileReplacement.openUnfinished(path, slots, of: vault) { return unlocked }
                throw error
            }
        case .keyring(let interaction, _):
            return try KeyringSlot.open(slots, of: vault, in: try SecretService.find(interaction))
        }
    }
}
