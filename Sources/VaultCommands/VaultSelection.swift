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
        guard let telling else { return .environment }
        // Seen now: where nobody can be asked, what the keyring says is the answer.
        var ask: Unlocking.Asking?
        if let terminal = terminal() {
            ask = { (passphrase) throws(VaultError) in
                try terminal.ask("Passphrase of the vault: ", into: &passphrase)
            }
        }
        return .environment(orAsking: ask, telling: telling)
    }

    /// A new key in the desktop keyring.
    func keyringProtection(acceptingPlainText: Bool) -> Protection {
        .keyring(telling: telling, acceptingPlainText: acceptingPlainText)
    }

    /// Told that a dialog of the keyring waits for somebody; nil where nobody is to be asked, be it by a dialog.
    var telling: Unlocking.Telling? {
        guard vault.mayAsk else { return nil }
        return { sentence in say(sentence) }
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
