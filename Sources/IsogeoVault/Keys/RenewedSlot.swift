internal import VaultCrypto
internal import VaultKeys
internal import VaultSystem

/// A slot for the vault's new key, and what its kind has to do outside of the vault before and after it is written.
///
/// A kind that keeps its secret somewhere makes a new one *there* first, lets go of the old one when the vault is
/// written, and of the new one when it isn't.
struct RenewedSlot {
    let slot: KeySlot
    /// Puts the new secret into the old one's place; what people should know of that, in a sentence.
    var finish: () -> String? = { nil }
    /// Takes the new secret away again.
    var undo: () -> Void = {}
    /// Where the old secret stays; nil where it stays nowhere, or is the new one too.
    var formerKeyFile: String?

    /// The slot that `credential` opens, for the new key.
    ///
    /// A key file of the user's own gets a new key. One that is lent can't be written here, and a passphrase is
    /// somebody's to choose: those stay.
    init(
        _ old: KeySlot,
        _ credential: borrowing Credential,
        by method: UnlockMethod?,
        wrapping vaultKey: borrowing VaultKey,
        of vault: VaultIdentity,
        now: Int64
    ) throws(KeyError) {
        if case .keyFile(let path, .own) = method {
            switch credential {
            case .keyFile(let key):
                self.init(try KeyFileReplacement.make(path, holding: key, wrapping: vaultKey, of: vault, now: now))
                return
            case .passphrase: break
            case .recovery: break
            }
        }
        let cost = old.kind == .passphrase ? try PassphraseSlot.cost(of: old) : .moderate
        self.init(try credential.makeSlot(cost: cost, wrapping: vaultKey, of: vault, now: now))
    }

    private init(_ made: (slot: KeySlot, replacement: KeyFileReplacement)) {
        let replacement = made.replacement
        slot = made.slot
        formerKeyFile = replacement.former
        undo = { replacement.undo() }
        finish = {
            guard !replacement.finish() else { return nil }
            return
                "\(replacement.path) couldn't be replaced: its new key is in \(replacement.pending), which opens the "
                + "vault."
        }
    }

    /// A slot with a new key in the desktop keyring; the old one's item goes when the vault is written.
    ///
    /// A default collection may have become another since: the new key lies no worse than the old one did.
    init(
        keyring old: KeySlot,
        from place: KeyringPlace,
        in service: SecretService,
        _ interaction: UserInteraction,
        wrapping vaultKey: borrowing VaultKey,
        of vault: VaultIdentity,
        at path: String,
        now: Int64
    ) throws(KeyError) {
        let new = try mappingErrors { () throws(KeyringProblem) in
            try KeyringSlot.make(
                in: service,
                wrapping: vaultKey,
                of: vault,
                at: path,
                demanding: .noWorse(than: place),
                now: now
            )
        }
        slot = new
        undo = { _ = UnlockedVault.deleteItem(of: new, vault, interaction) }
        finish = {
            guard let problem = UnlockedVault.deleteItem(of: old, vault, interaction) else {
                return
                    "Backups from before no longer open by the desktop keyring: the key that it had for them is deleted."
            }
            return
                "The keyring keeps an item that opens nothing but backups from before: “isogeo-vault key of \(path)”. "
                + problem.sentence
        }
    }

    /// A slot that is there already.
    init(_ slot: KeySlot) { self.slot = slot }
}
