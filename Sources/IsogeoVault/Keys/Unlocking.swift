package import VaultCrypto
internal import VaultKeys
internal import VaultSystem

/// How a vault is opened.
///
/// The way that is named is the only one tried.
public struct Unlocking: Sendable {
    enum Way: Sendable {
        case environment(UserInteraction)
        case keyring(UserInteraction)
        case named(UnlockMethod)
        case recoveryCode(asking: UserInteraction.Asking)
    }

    let way: Way
    private var ignoresSession = false

    init(_ way: Way) { self.way = way }

    /// By what the environment names; where it names nothing, by a session, else by the desktop keyring.
    ///
    /// The environment names `ISOGEO_VAULT_KEY_FILE`, `ISOGEO_VAULT_SHARED_KEY_FILE`, `ISOGEO_VAULT_PASSPHRASE_FILE`,
    /// `ISOGEO_VAULT_SHARED_PASSPHRASE_FILE`, `ISOGEO_VAULT_PASSPHRASE`, or a credential in `$CREDENTIALS_DIRECTORY`: the
    /// first of them that is there. A session is what ``Vault/startSession(for:sharingUserID:)`` made. A keyring is looked
    /// for where there is a session bus and the vault has a key in one. Nobody is asked.
    public static let environment = Unlocking(.environment(.none))

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
        Unlocking(.environment(interaction))
    }

    /// By a key file of the user's own, mode 0600 or 0400; or, `shared`, by one that a service manager or container lends.
    public static func keyFile(_ path: String, shared: Bool = false) -> Unlocking {
        Unlocking(.named(.keyFile(path, policy: shared ? .shared : .own)))
    }

    /// By the passphrase in a file of the user's own, or, `shared`, in one that a service manager or container lends; one
    /// line end behind it is taken off.
    public static func passphraseFile(_ path: String, shared: Bool = false) -> Unlocking {
        Unlocking(.named(.passphrase(.file(path, policy: shared ? .shared : .own))))
    }

    /// By the passphrase that a descriptor gives within a minute; one line end behind it is taken off.
    public static func passphraseDescriptor(_ descriptor: Int32) -> Unlocking {
        Unlocking(.named(.passphrase(.descriptor(descriptor))))
    }

    /// By the passphrase that a command line of `/bin/sh` prints; one line end behind it is taken off.
    ///
    /// Where there is no terminal to ask at, the command is ended after a minute.
    public static func passphraseCommand(_ line: String) -> Unlocking {
        Unlocking(.named(.passphrase(.command(line))))
    }

    /// By the recovery code in a file of the user's own, mode 0600 or 0400.
    public static func recoveryFile(_ path: String) -> Unlocking { Unlocking(.named(.recovery(file: path))) }

    /// By the recovery code that `ask` gets from somebody.
    ///
    /// Case, hyphens and white space don't matter; an error names the groups with a slip in them, so that only those are
    /// typed again.
    public static func recoveryCode(asking ask: @escaping UserInteraction.Asking) -> Unlocking {
        Unlocking(.recoveryCode(asking: ask))
    }

    /// The same way, and never a session.
    package var withoutSession: Unlocking {
        var unlocking = self
        unlocking.ignoresSession = true
        return unlocking
    }

    /// Whether a session may open the vault: nothing is named, and no recovery code is to be proven.
    private var usesSession: Bool {
        guard case .environment = way else { return false }
        return !ignoresSession && !isNamed
    }

    /// Takes `ISOGEO_VAULT_PASSPHRASE` into guarded memory and out of the environment, whether or not it will be wanted.
    package static func hideEnvironmentPassphrase() { EnvironmentSecret.hidePassphrase() }

    /// Whether a way was named, here or by the environment, so that nobody will be asked.
    package var isNamed: Bool { method != nil || isKeyring }

    /// The path of a key file that was named and isn't there.
    package var missingKeyFile: String? {
        guard case .keyFile(let path, .own) = method, !path.isEmpty, !path.hasPrefix("~/"),
            FilePath.isMissing(path)
        else { return nil }
        return path
    }

    /// What the environment names that opens the vault with nobody asked, in the middle of a sentence; nil where it
    /// names nothing.
    package var wayWithoutAsking: String? {
        method.map { method in
            let name = method.name
            return name.prefix(1).lowercased() + name.dropFirst() + ", which the environment names"
        }
    }

    /// The way that was named, here or by the environment.
    var method: UnlockMethod? {
        switch way {
        case .named(let method): method
        case .recoveryCode, .keyring: nil
        case .environment:
            // That a variable with a secret is set is all that may be known of it: its value would be copied.
            .named(inEnvironment: { name in
                name == PassphraseSource.secretVariable
                    ? (Environment.isSet(name) ? "" : nil) : Environment.value(of: name)
            })
        }
    }

    /// Opens a vault by the way that was named; where none was, by a session, by the keyring that has its key, else by
    /// asking.
    ///
    /// - Throws: `locked` when nothing is named and nobody can be asked, or when the way doesn't open it; what is wrong
    ///   with what was named.
    func open(_ locked: LockedSlots) throws(VaultError) -> Unlocked {
        if usesSession, let unlocked = locked.sessions.open() { return unlocked }
        if let unlocked = try openWithoutCredential(locked) { return unlocked }
        let credential = try credential(for: locked)
        return try locked.open { (slots, vault) throws(KeyError) in
            do throws(KeyError) {
                return try credential.open(slots, of: vault, name: name)
            } catch {
                // A key file whose vault has just got a new key, while whoever gave it one died.
                if let unlocked = method?.openUnfinished(slots, of: vault) { return unlocked }
                throw error
            }
        }
    }

    /// Opens a vault by what gives nothing into anybody's hand: the keyring.
    ///
    /// - Returns: nil where a credential is wanted.
    /// - Throws: what keeps the keyring from opening it, where nothing else would.
    func openWithoutCredential(_ locked: LockedSlots) throws(VaultError) -> Unlocked? {
        switch way {
        case .keyring(let interaction): return try Self.openByKeyring(locked, interaction)
        case .environment(let interaction) where method == nil:
            return try Self.openByKeyring(locked, orAsking: interaction)
        case .environment, .named, .recoveryCode: return nil
        }
    }

    /// How a person is reached; without `tell` no dialog of the keyring may be raised.
    var interaction: UserInteraction {
        switch way {
        case .keyring(let interaction), .environment(let interaction): interaction
        case .named, .recoveryCode: .none
        }
    }

    /// Reads what opens the vault, or asks for it.
    ///
    /// - Parameter locked: what it is to open; nil for what is yet to be made.
    /// - Returns: it, in hand.
    /// - Throws: `locked` when nothing is named and nobody can be asked; what is wrong with what was named.
    func credential(for locked: LockedSlots? = nil) throws(VaultError) -> Credential {
        if let method { return try mappingErrors { () throws(KeyError) in try method.credential() } }
        switch way {
        case .environment(let interaction):
            if let ask = interaction.asking(for: .passphrase) { return .passphrase(try Passphrase(asking: ask)) }
        case .recoveryCode(let asking): return .recovery(try RecoveryCode(asking: asking))
        case .named, .keyring: break
        }
        throw nothingNamed(locked)
    }

    /// Nothing is named, and nobody can be asked.
    private func nothingNamed(_ locked: LockedSlots?) -> VaultError {
        let remedy =
            "Name a key with --key-file or --passphrase-file, or their variables ISOGEO_VAULT_KEY_FILE and "
            + "ISOGEO_VAULT_PASSPHRASE_FILE; or run it where you can be asked."
        // Whoever lists applications without a key a moment before is right to think that the vault is open.
        if let locked, locked.sessions.open() != nil {
            return VaultError(.locked, "A session isn't enough for this: a key is needed.", remedy: remedy)
        }
        let sentence = "The vault is locked, and nothing says how to open it."
        guard let folder = Environment.value(of: "CREDENTIALS_DIRECTORY") else {
            return VaultError(.locked, sentence, remedy: remedy)
        }
        return VaultError(
            .locked,
            "\(sentence) $CREDENTIALS_DIRECTORY, \(folder), has no isogeo-vault.key and no isogeo-vault.passphrase.",
            remedy: "Give the credential one of these names, as in LoadCredential=isogeo-vault.key:PATH. Or n"
                + remedy.dropFirst()
        )
    }

    /// What people call the way, at the start of a sentence.
    var name: String { method?.name ?? (isRecovery ? "The recovery code" : "The passphrase") }

    /// Whether it is the desktop keyring, and nothing else, that opens the vault.
    var isKeyring: Bool { if case .keyring = way { true } else { false } }

    /// Whether it is a recovery code that opens the vault.
    var isRecovery: Bool {
        switch way {
        case .recoveryCode, .named(.recovery): true
        case .environment, .named, .keyring: false
        }
    }
}

extension Passphrase {
    /// Asks somebody for a passphrase.
    package init(asking ask: UserInteraction.Asking) throws(VaultError) {
        let bytes = try SecretBytes(capacity: Passphrase.limit) {
            (output: inout OutputSpan<UInt8>) throws(VaultError) in
            try ask(&output)
        }
        do { self = try Passphrase(bytes) } catch { throw VaultError(.emptyPassphrase("The passphrase")) }
    }
}

extension RecoveryCode {
    /// Asks somebody for a recovery code.
    fileprivate init(asking ask: UserInteraction.Asking) throws(VaultError) {
        let text = try SecretBytes(capacity: RecoveryCode.textLimit) {
            (output: inout OutputSpan<UInt8>) throws(VaultError) in
            try ask(&output)
        }
        self = try mappingErrors { () throws(KeyError) in try RecoveryCode(text: text) }
    }
}
