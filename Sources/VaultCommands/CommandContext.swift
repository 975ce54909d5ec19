package import IsogeoVault

/// What a command works with: where it prints, whom it asks, the clock and the network, and which vault it is about.
///
/// A test runs commands with a context of its own.
package struct CommandContext: Sendable {
    /// The result, and nothing else.
    package var output: @Sendable ([UInt8]) throws(VaultError) -> Void
    /// A line on standard error.
    package var line: @Sendable (String) -> Void
    /// The terminal, which can be asked and shown something; nil where there is none.
    package var terminal: @Sendable () -> UserInteraction?
    /// What the desktop keyring is good for.
    package var keyring: @Sendable () async -> KeyringReport
    /// The clock, the network.
    package var dependencies: VaultDependencies
    /// Which vault the options name; the standard one until they are read.
    var vault = VaultSelection()

    /// A context of a test; no keyring is looked for unless the test says how, since it would find its user's.
    package init(
        output: @escaping @Sendable ([UInt8]) throws(VaultError) -> Void,
        line: @escaping @Sendable (String) -> Void,
        terminal: @escaping @Sendable () -> UserInteraction?,
        keyring: @escaping @Sendable () async -> KeyringReport = { .absent },
        dependencies: VaultDependencies
    ) {
        self.output = output
        self.line = line
        self.terminal = terminal
        self.keyring = keyring
        self.dependencies = dependencies
    }

    @TaskLocal package static var current = CommandContext.real

    /// Standard output and error, the terminal, the desktop's keyring, the real clock and network.
    package static let real = CommandContext(
        output: { (bytes) throws(VaultError) in try StandardOutput.write(bytes) },
        line: { StandardOutput.say($0) },
        terminal: { Terminal.interaction },
        keyring: { await KeyringReport.current() },
        dependencies: .real
    )

    /// Says something to people; what a terminal would obey is shown instead.
    func message(_ text: String) { line("isogeo-vault: \(text.visibleLines)") }

    /// Tells people of an error and its remedy, each on a line.
    ///
    /// A remedy may be a list of commands, a line each.
    func message(_ error: VaultError) { message("\(error.sentence.visible)\n  \(error.remedy.visibleLines)") }

    /// Prints a result as text, followed by a newline.
    func print(_ text: String) throws(VaultError) { try output(Array("\(text)\n".utf8)) }
}

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
