internal import IsogeoVault

/// What the vault options say: which vault, how it is opened, and how much is said to people.
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

    /// Whether options or environment name a way to open it.
    var hasNamedWay: Bool { (named ?? .environment).isNamed }
}

extension CommandContext {
    /// How the vault is opened: as the options say, else the environment, else by asking.
    var unlocking: Unlocking {
        if let named = vault.named { return named }
        // The terminal is looked for now: where there is none, what the keyring says is the answer.
        return vault.mayAsk ? .environment(orAsking: interaction) : .environment
    }

    /// How a person is reached: the terminal, where there is one, and the keyring's dialogs; not at all with --no-prompt.
    var interaction: UserInteraction {
        guard vault.mayAsk else { return .none }
        var interaction = terminal() ?? UserInteraction.none
        interaction.tell = { sentence in say(sentence) }
        return interaction
    }

    /// Says something to people, unless they want it quiet.
    func say(_ text: String) {
        if !vault.isQuiet { message(text) }
    }

    /// The clock and the network as the options want them, with warnings said to people.
    var vaultDependencies: VaultDependencies {
        var dependencies = dependencies
        dependencies.rollback = vault.rollback
        dependencies.connection = vault.connection
        guard !vault.isQuiet else { return dependencies }
        dependencies.warn = { message("warning: \($0)") }
        if let folder = dependencies.stateFolder {
            dependencies.isDue = { [now = dependencies.now] in
                WarningThrottle(vault: $1, in: folder).isDue($0, now: now())
            }
        }
        return dependencies
    }

    /// Opens it; without `bySession` by a key alone, as for a new session.
    func open(bySession: Bool = true) async throws(VaultError) -> Vault {
        let way = unlocking
        return try await Vault.open(
            at: vault.path,
            unlocking: bySession ? way : way.withoutSession,
            dependencies: vaultDependencies
        )
    }
}
