internal import VaultKeys
internal import VaultSystem

/// How a vault is opened.
///
/// A key that is named is the only one tried.
public struct Unlocking: Sendable {
    /// The key that was named here; nil for what the environment names, or what opens the vault without being named.
    private let reference: KeyReference?
    /// How a person is asked where no key is named.
    let interaction: UserInteraction
    private var ignoresSession = false

    init(_ reference: KeyReference?, _ interaction: UserInteraction = .none) {
        self.reference = reference
        self.interaction = interaction
    }

    /// By what the environment names; where it names nothing, by a session, else by the desktop keyring.
    ///
    /// The environment names `ISOGEO_VAULT_KEY_FILE`, `ISOGEO_VAULT_SHARED_KEY_FILE`, `ISOGEO_VAULT_PASSPHRASE_FILE`,
    /// `ISOGEO_VAULT_SHARED_PASSPHRASE_FILE`, `ISOGEO_VAULT_PASSPHRASE`, or a credential in `$CREDENTIALS_DIRECTORY`:
    /// the first of them that is there. ``Vault/startSession(for:sharingUserID:)`` begins a session. The keyring is
    /// tried where there is a session bus and the vault has a key in it. No person is asked.
    public static let environment = Unlocking(nil)

    /// By what the environment names; where it names nothing, by a session, by the desktop keyring, which may show its
    /// dialog, or by a passphrase that `ask` gets from a person.
    public static func environment(orAsking ask: @escaping UserInteraction.Asking) -> Unlocking {
        environment(
            orAsking: UserInteraction(
                ask: { (_, passphrase) throws(VaultError) in try ask(&passphrase) },
                tell: { _ in }
            )
        )
    }

    /// The same, with everything that a person can be asked and told here.
    public static func environment(orAsking interaction: UserInteraction) -> Unlocking {
        Unlocking(nil, interaction)
    }

    /// By a key file of the user's own, mode 0600 or 0400; or, if `shared`, by one from a service manager or container.
    public static func keyFile(_ path: String, shared: Bool = false) -> Unlocking {
        Unlocking(.keyFile(path, shared ? .shared : .own))
    }

    /// By the passphrase in a file of the user's own, or, if `shared`, in one from a service manager or container; one
    /// final line end is removed.
    public static func passphraseFile(_ path: String, shared: Bool = false) -> Unlocking {
        Unlocking(.passphrase(.file(path, policy: shared ? .shared : .own)))
    }

    /// By the passphrase that a descriptor gives within a minute; one final line end is removed.
    public static func passphraseDescriptor(_ descriptor: Int32) -> Unlocking {
        Unlocking(.passphrase(.descriptor(descriptor)))
    }

    /// By the passphrase that a command line of `/bin/sh` prints; one final line end is removed.
    ///
    /// Without a terminal, where it could ask the user, the command is killed after a minute.
    public static func passphraseCommand(_ line: String) -> Unlocking {
        Unlocking(.passphrase(.command(line)))
    }

    /// By the recovery code in a file of the user's own, mode 0600 or 0400.
    public static func recoveryFile(_ path: String) -> Unlocking { Unlocking(.recovery(file: path)) }

    /// By the recovery code that `ask` gets from a person.
    ///
    /// Case, hyphens and white space don't matter; an error names the mistyped groups, so that only those are typed
    /// again.
    public static func recoveryCode(asking ask: @escaping UserInteraction.Asking) -> Unlocking {
        Unlocking(.recovery(asking: ask))
    }

    /// By the key that the desktop keyring has.
    ///
    /// - Parameter interaction: its `tell` announces a dialog of the keyring; without `tell` the keyring shows none,
    ///   and a locked keyring stays locked.
    /// - Returns: that way to open a vault.
    public static func keyring(_ interaction: UserInteraction = .none) -> Unlocking {
        Unlocking(.keyring(interaction), interaction)
    }

    /// The same, and never by a session.
    package var withoutSession: Unlocking {
        var unlocking = self
        unlocking.ignoresSession = true
        return unlocking
    }

    /// Whether a session may open the vault: only where no key is named.
    private var usesSession: Bool { !ignoresSession && named == nil }

    /// Moves `ISOGEO_VAULT_PASSPHRASE` from the environment into guarded memory, whether or not it will be used.
    package static func hideEnvironmentPassphrase() { EnvironmentSecret.hidePassphrase() }

    /// Whether a key was named, here or by the environment, so that no person will be asked.
    package var isNamed: Bool { named.map { !$0.asks } ?? false }

    /// The path of a key file that was named and doesn't exist.
    package var missingKeyFile: String? {
        guard let file = named?.file, file.content == .key, file.policy == .own else { return nil }
        let isMissing = !file.path.isEmpty && !file.path.hasPrefix("~/") && FilePath.isMissing(file.path)
        return isMissing ? file.path : nil
    }

    /// Whether a vault can be opened twice by it without a person: by a file, or by what opens without being named.
    package var canOpenAgain: Bool { named.map { $0.file != nil } ?? (interaction.ask == nil) }

    /// The key that was named, here or by the environment.
    package var namedKey: String? { named?.name.phrase }

    /// The key that was named, here or by the environment.
    var named: KeyReference? {
        if let reference { return reference }
        // Of the variable with a secret only whether it is set: reading its value would copy it.
        return .named(inEnvironment: { name in
            name == PassphraseSource.secretVariable
                ? (Environment.isSet(name) ? "" : nil) : Environment.value(of: name)
        })
    }

    /// Opens a vault by the key that was named; where none was, by a session, by a kind that opens without being named,
    /// as the keyring does, or by asking a person.
    ///
    /// - Parameters:
    ///   - locked: the vault.
    ///   - kinds: the kinds of key that are known.
    /// - Returns: the vault's key.
    /// - Throws: `locked` when no key is named and no person can be asked, or when the key doesn't open it; what is
    ///   wrong with the key that was named.
    func open(_ locked: LockedSlots, _ kinds: [any KeySource.Type]) throws(VaultError) -> Unlocked {
        if usesSession, let unlocked = locked.sessions.open() { return unlocked }
        var source: (any KeySource)?
        return try openByKey(locked, kinds, &source)
    }

    /// Opens a vault as `open` does, and never by a session; `source` keeps what opened it, since a descriptor or a
    /// person gives it only once.
    func openByKey(_ locked: LockedSlots, _ kinds: [any KeySource.Type], _ source: inout (any KeySource)?)
        throws(VaultError) -> Unlocked
    {
        if named == nil {
            let canAsk = interaction.ask != nil && locked.slots.contains { $0.kind == .passphrase }
            for kind in kinds where locked.slots.contains(where: { $0.kind == kind.kind }) {
                guard let unasked = kind.unasked(interaction) else { continue }
                do throws(VaultError) {
                    source = unasked
                    return try locked.open(by: unasked)
                } catch {
                    guard canAsk else { throw error }
                    interaction.tell(.passphraseInstead(error.problem))
                }
            }
        }
        let given = try self.source(for: locked)
        source = given
        return try locked.open(by: given)
    }

    /// Reads the key that was named, or asks a person for a passphrase.
    ///
    /// - Parameter locked: the vault that it should open; nil for one that is yet to be made.
    /// - Returns: what opens the vault.
    /// - Throws: `locked` when no key is named and no person can be asked; what is wrong with the key that was named.
    func source(for locked: LockedSlots? = nil) throws(VaultError) -> any KeySource {
        if let named { return try named.read() }
        guard let ask = interaction.asking(for: .passphrase) else { throw nothingNamed(locked) }
        return try PassphraseKeySource(asking: ask)
    }

    /// No key is named, and no person can be asked.
    private func nothingNamed(_ locked: LockedSlots?) -> VaultError {
        // A user who has just listed the applications by the session would not believe that the vault is locked.
        if let locked, locked.sessions.open() != nil { return VaultError(.sessionNotEnough) }
        return VaultError(.noKeyNamed(credentials: Environment.value(of: "CREDENTIALS_DIRECTORY")))
    }

    /// Whether it names a recovery code.
    var isRecovery: Bool { named?.kind.kind == .recovery }
}
