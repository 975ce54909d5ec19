internal import VaultKeys
internal import VaultSystem

/// How a vault is opened.
///
/// The way that is named is the only one tried.
public struct Unlocking: Sendable {
    /// The way that was named here; nil for what the environment names, or what opens the vault without being named.
    private let reference: KeyReference?
    /// How a person is reached, where nothing is named.
    let interaction: UserInteraction
    private var ignoresSession = false

    init(_ reference: KeyReference?, _ interaction: UserInteraction = .none) {
        self.reference = reference
        self.interaction = interaction
    }

    /// By what the environment names; where it names nothing, by a session, else by the desktop keyring.
    ///
    /// The environment names `ISOGEO_VAULT_KEY_FILE`, `ISOGEO_VAULT_SHARED_KEY_FILE`, `ISOGEO_VAULT_PASSPHRASE_FILE`,
    /// `ISOGEO_VAULT_SHARED_PASSPHRASE_FILE`, `ISOGEO_VAULT_PASSPHRASE`, or a credential in `$CREDENTIALS_DIRECTORY`: the
    /// first of them that is there. A session is what ``Vault/startSession(for:sharingUserID:)`` made. A keyring is looked
    /// for where there is a session bus and the vault has a key in one. Nobody is asked.
    public static let environment = Unlocking(nil)

    /// By what the environment names; where it names nothing, by a session, by the desktop keyring, which may show its
    /// dialog, or by a passphrase that `ask` gets from somebody.
    public static func environment(orAsking ask: @escaping UserInteraction.Asking) -> Unlocking {
        environment(
            orAsking: UserInteraction(
                ask: { (_, passphrase) throws(VaultError) in try ask(&passphrase) },
                tell: { _ in }
            )
        )
    }

    /// The same, with all that can be asked of a person here, and told to them.
    public static func environment(orAsking interaction: UserInteraction) -> Unlocking {
        Unlocking(nil, interaction)
    }

    /// By a key file of the user's own, mode 0600 or 0400; or, `shared`, by one that a service manager or container lends.
    public static func keyFile(_ path: String, shared: Bool = false) -> Unlocking {
        Unlocking(.keyFile(path, shared ? .shared : .own))
    }

    /// By the passphrase in a file of the user's own, or, `shared`, in one that a service manager or container lends; one
    /// line end behind it is taken off.
    public static func passphraseFile(_ path: String, shared: Bool = false) -> Unlocking {
        Unlocking(.passphrase(.file(path, policy: shared ? .shared : .own)))
    }

    /// By the passphrase that a descriptor gives within a minute; one line end behind it is taken off.
    public static func passphraseDescriptor(_ descriptor: Int32) -> Unlocking {
        Unlocking(.passphrase(.descriptor(descriptor)))
    }

    /// By the passphrase that a command line of `/bin/sh` prints; one line end behind it is taken off.
    ///
    /// Where there is no terminal to ask at, the command is ended after a minute.
    public static func passphraseCommand(_ line: String) -> Unlocking {
        Unlocking(.passphrase(.command(line)))
    }

    /// By the recovery code in a file of the user's own, mode 0600 or 0400.
    public static func recoveryFile(_ path: String) -> Unlocking { Unlocking(.recovery(file: path)) }

    /// By the recovery code that `ask` gets from somebody.
    ///
    /// Case, hyphens and white space don't matter; an error names the groups with a slip in them, so that only those are
    /// typed again.
    public static func recoveryCode(asking ask: @escaping UserInteraction.Asking) -> Unlocking {
        Unlocking(.recovery(asking: ask))
    }

    /// By the key that the desktop keyring has.
    ///
    /// - Parameter interaction: tells of a dialog of the keyring; without `tell` none is raised, so that a keyring that is
    ///   locked stays so.
    /// - Returns: that way to open a vault.
    public static func keyring(_ interaction: UserInteraction = .none) -> Unlocking {
        Unlocking(.keyring(interaction), interaction)
    }

    /// The same way, and never a session.
    package var withoutSession: Unlocking {
        var unlocking = self
        unlocking.ignoresSession = true
        return unlocking
    }

    /// Whether a session may open the vault: nothing is named, and no recovery code is to be proven.
    private var usesSession: Bool { !ignoresSession && named == nil }

    /// Takes `ISOGEO_VAULT_PASSPHRASE` into guarded memory and out of the environment, whether or not it will be wanted.
    package static func hideEnvironmentPassphrase() { EnvironmentSecret.hidePassphrase() }

    /// Whether a way was named, here or by the environment, so that nobody will be asked.
    package var isNamed: Bool { named.map { !$0.asks } ?? false }

    /// The path of a key file that was named and isn't there.
    package var missingKeyFile: String? {
        guard let file = named?.file, file.content == .key, file.policy == .own else { return nil }
        let isMissing = !file.path.isEmpty && !file.path.hasPrefix("~/") && FilePath.isMissing(file.path)
        return isMissing ? file.path : nil
    }

    /// The key that was named, here or by the environment.
    package var keyName: KeyName? { named?.name }

    /// The way that was named, here or by the environment.
    var named: KeyReference? {
        if let reference { return reference }
        // That a variable with a secret is set is all that may be known of it: its value would be copied.
        return .named(inEnvironment: { name in
            name == PassphraseSource.secretVariable
                ? (Environment.isSet(name) ? "" : nil) : Environment.value(of: name)
        })
    }

    /// Opens a vault by the way that was named; where none was, by a session, by what opens it without being named, as the
    /// keyring does, else by asking.
    ///
    /// - Parameters:
    ///   - locked: the vault.
    ///   - kinds: the kinds of key that are known.
    /// - Returns: the vault's key.
    /// - Throws: `locked` when nothing is named and nobody can be asked, or when the way doesn't open it; what is wrong
    ///   with what was named.
    func open(_ locked: LockedSlots, _ kinds: [any KeySource.Type]) throws(VaultError) -> Unlocked {
        if usesSession, let unlocked = locked.sessions.open() { return unlocked }
        var source: (any KeySource)?
        return try openByKey(locked, kinds, &source)
    }

    /// Opens a vault as `open` does, and never by a session; `source` is what opened it then, since a descriptor or a
    /// person gives it once.
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
                    interaction.tell?("\(error.sentence) The vault's passphrase will do.")
                }
            }
        }
        let given = try self.source(for: locked)
        source = given
        return try locked.open(by: given)
    }

    /// Reads what opens the vault, or asks for it.
    ///
    /// - Parameter locked: what it is to open; nil for what is yet to be made.
    /// - Returns: it, in hand.
    /// - Throws: `locked` when nothing is named and nobody can be asked; what is wrong with what was named.
    func source(for locked: LockedSlots? = nil) throws(VaultError) -> any KeySource {
        if let named { return try named.read() }
        guard let ask = interaction.asking(for: .passphrase) else { throw nothingNamed(locked) }
        return try PassphraseKeySource(asking: ask)
    }

    /// Nothing is named, and nobody can be asked.
    private func nothingNamed(_ locked: LockedSlots?) -> VaultError {
        // A user who has just listed the applications by the session would not believe that the vault is locked.
        if let locked, locked.sessions.open() != nil { return VaultError(.sessionNotEnough) }
        return VaultError(.noKeyNamed(credentials: Environment.value(of: "CREDENTIALS_DIRECTORY")))
    }

    /// Whether it is a recovery code that opens the vault.
    var isRecovery: Bool { named?.kind.kind == .recovery }
}
