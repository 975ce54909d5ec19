internal import IsogeoVault

/// Which vault a command is about, how it is opened, and how much is said.
struct VaultSelection: Sendable {
    /// Nil for the standard place.
    var path: String?
    /// The way that options name.
    var named: Unlocking?
    var mayAsk = true
    var isQuiet = false
    /// What to do about a vault that is older than it was.
    var rollback = RollbackPolicy.refused
    /// How token endpoints are reached.
    var connection = ConnectionOverrides()

    /// How the vault is opened: as the options say, else the environment, else by asking.
    func unlocking(_ context: CommandContext) -> Unlocking {
        if let named { return named }
        guard let telling = telling(context) else { return .environment }
        // Seen now: where nobody can be asked, what the keyring says is the answer.
        var ask: Unlocking.Asking?
        if let terminal = context.terminal() {
            ask = { (passphrase) throws(VaultError) in
                try terminal.ask("Passphrase of the vault: ", into: &passphrase)
            }
        }
        return .environment(orAsking: ask, telling: telling)
    }

    /// A new key in the desktop keyring.
    func keyringProtection(_ context: CommandContext, acceptingPlainText: Bool) -> Protection {
        .keyring(telling: telling(context), acceptingPlainText: acceptingPlainText)
    }

    /// Told that a dialog of the keyring waits for somebody; nil where nobody is to be asked, be it by a dialog.
    func telling(_ context: CommandContext) -> Unlocking.Telling? {
        guard mayAsk else { return nil }
        return { sentence in say(sentence, context) }
    }

    /// Whether options or environment name a way to open it.
    var hasNamedWay: Bool { (named ?? .environment).isNamed }

    /// Says something to people, unless they want it quiet.
    func say(_ text: String, _ context: CommandContext) {
        if !isQuiet { context.message(text) }
    }

    /// The world, with warnings said to people.
    func dependencies(_ context: CommandContext) -> VaultDependencies {
        var dependencies = context.dependencies
        dependencies.rollback = rollback
        dependencies.connection = connection
        guard !isQuiet else { return dependencies }
        dependencies.warn = { context.message("warning: \($0)") }
        if let folder = dependencies.stateFolder {
            dependencies.isDue = { [now = dependencies.now] in
                WarningThrottle(vault: $1, in: folder).isDue($0, now: now())
            }
        }
        return dependencies
    }

    /// Opens it; without `bySession` by a key alone, as for a new session.
    func open(_ context: CommandContext, bySession: Bool = true) async throws(VaultError) -> Vault {
        let way = unlocking(context)
        return try await Vault.open(
            at: path,
            unlocking: bySession ? way : way.withoutSession,
            dependencies: dependencies(context)
        )
    }
}
