internal import IsogeoVault
internal import VaultSystem

/// What a new vault is protected with: chosen once, at the first import, and recorded as its key slot.
enum NewVaultProtection {
    case keyFile(path: String)
    case keyring(acceptsPlainText: Bool)
    /// What options or environment name.
    case named
    case asked(UserInteraction.Asking)

    /// Chooses: what `--protect` says; else what is named; else the keyring, if it works; else a passphrase, if somebody
    /// can be asked for one.
    ///
    /// - Throws: the ways to choose from, where there is none of these.
    static func of(_ protect: ProtectArgument?, _ context: CommandContext)
        async throws(VaultError)
        -> NewVaultProtection
    {
        switch protect {
        case .keyFile(let path): return .keyFile(path: path)
        case .keyring: return .keyring(acceptsPlainText: true)
        case .passphrase, .recovery, nil: break
        }
        if context.vault.hasNamedWay { return .named }
        let ask = context.interaction.asking(for: .newPassphrase)
        guard protect == nil else {
            guard let ask else { throw noTerminal(isForbidden: !context.vault.mayAsk) }
            return .asked(ask)
        }
        let keyring = await context.keyring()
        switch keyring.state {
        case .working: return .keyring(acceptsPlainText: false)
        // On a desktop nobody has used it yet since the login: it asks by itself.
        case .locked where context.vault.mayAsk && keyring.hasDisplay: return .keyring(acceptsPlainText: false)
        case .locked, .plainText, .unseen, .absent, .unavailable: break
        }
        // Where there is no desktop at all, nobody has to be told that its keyring isn't used.
        let problem = keyring.state == .absent ? nil : keyring.problem
        guard let ask else { throw noProtection(problem) }
        if let problem {
            context.say("\(problem.sentence) So the vault gets a passphrase.")
        }
        return .asked(ask)
    }

    /// The protection itself; somebody is asked now, if at all.
    func protection(_ context: CommandContext) throws(VaultError) -> Protection {
        switch self {
        case .keyFile(let path): return .keyFile(path)
        case .keyring(let acceptsPlainText):
            return context.keyringProtection(acceptingPlainText: acceptsPlainText)
        case .named:
            let named = context.unlocking
            do {
                return try .by(named)
            } catch {
                guard let path = named.missingKeyFile else { throw error }
                let hint = "To have it made for the new vault: --protect key-file=\(path.shellWord)"
                throw VaultError(error.code, error.sentence, remedy: "\(error.remedy) \(hint)")
            }
        case .asked(let ask): return try .passphrase(asking: ask)
        }
    }

    /// Whether the key is lost with this computer, so that there should be a code on paper before that.
    var wantsRecoveryCode: Bool {
        switch self {
        case .keyFile, .keyring: true
        case .named, .asked: false
        }
    }

    /// What is said once the vault is made.
    var sentence: String? {
        switch self {
        case .keyFile(let path):
            "The vault is protected by the key file \(path): keep a copy of it, apart from the vault's."
        case .keyring: "The vault is protected by this desktop's keyring, and opens by itself while that is unlocked."
        case .named, .asked: nil
        }
    }

    private static func noTerminal(isForbidden: Bool) -> VaultError {
        VaultError(
            .usage,
            "--protect passphrase asks on a terminal, "
                + (isForbidden ? "and --no-prompt forbids it." : "and there is none."),
            remedy: "Give the passphrase with --passphrase-file PATH."
        )
    }

    private static func noProtection(_ keyring: VaultError?) -> VaultError {
        VaultError(
            .usage,
            "There is no vault yet, and nothing says how to protect a new one."
                + (keyring.map { " \($0.sentence)" } ?? ""),
            remedy: """
                Choose one of these:
                  isogeo-vault import --protect key-file=PATH FILE         (PATH is made; keep a copy of it)
                  isogeo-vault import --passphrase-file PATH FILE          (the passphrase is in PATH, mode 0600)
                  isogeo-vault import --protect passphrase FILE            (on a terminal: you are asked for it)
                  isogeo-vault import --protect keyring FILE               (in a desktop's session)
                """
        )
    }
}
