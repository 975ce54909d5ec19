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
        // The terminal is looked for now: where there is none, what the keyring says is the answer.
        return mayAsk ? .environment(orAsking: interaction(context)) : .environment
    }

    /// A new key in the desktop keyring.
    func keyringProtection(_ context: CommandContext, acceptingPlainText: Bool) -> Protection {
        .keyring(interaction(context), acceptingPlainText: acceptingPlainText)
    }

    /// How a person is reached: the terminal, where there is one, and the keyring's dialogs; not at all where nobody is to
    /// be asked.
    func interaction(_ context: CommandContext) -> UserInteraction {
        guard mayAsk else { return .none }
        var interaction = context.terminal() ?? UserInteraction.none
        interaction.tell = { sentence in say(sentence, context) }
        return interaction
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
