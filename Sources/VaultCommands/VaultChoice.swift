internal import IsogeoVault

/// Which vault a command is about, how it is opened, and how much is said.
struct VaultChoice: Sendable {
    /// Nil for the standard place.
    var path: String?
    /// The way that options name.
    var named: Unlocking?
    var mayAsk = true
    var isQuiet = false
    /// How token endpoints are reached.
    var connection = ConnectionChoice()

    /// How the vault is opened: as the options say, else the environment, else by asking.
    func unlocking(_ context: Context) -> Unlocking {
        if let named { return named }
        guard mayAsk else { return .environment }
        return .environment { (passphrase) throws(VaultError) in
            guard let terminal = context.terminal() else { throw Unlocking.nothingNamed }
            try terminal.ask("Passphrase of the vault: ", into: &passphrase)
        }
    }

    /// Whether options or environment name a way to open it.
    var hasNamedWay: Bool { (named ?? .environment).isNamed }

    /// Says something to people, unless they want it quiet.
    func say(_ text: String, _ context: Context) {
        if !isQuiet { context.message(text) }
    }

    /// The world, with warnings said to people.
    func doors(_ context: Context) -> VaultDoors {
        var doors = context.doors
        doors.connection = connection
        if !isQuiet { doors.warn = { context.message("warning: \($0)") } }
        return doors
    }

    func open(_ context: Context) async throws(VaultError) -> Vault {
        try await Vault.open(at: path, unlocking: unlocking(context), doors: doors(context))
    }
}
