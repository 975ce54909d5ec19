package import IsogeoVault

/// What a command works with: output, terminal, keyring, clock and network, and the vault that its options name.
///
/// A test runs commands with a context of its own.
package struct CommandContext: Sendable {
    /// Writes a result to standard output.
    package var output: @Sendable ([UInt8]) throws(VaultError) -> Void
    /// Writes a line to standard error.
    package var line: @Sendable (String) -> Void
    /// Asks and shows things on the terminal; nil where there is none.
    package var terminal: @Sendable () -> UserInteraction?
    /// Probes the desktop keyring; for a vault, if one is given, whose key may be in it.
    package var keyring: @Sendable (VaultInspection?) async -> KeyringReport
    /// The clock and the network.
    package var dependencies: VaultDependencies
    /// The vault that the options name; the standard one until they are read.
    var vault = VaultSelection()

    /// The context of a test; by default it has no keyring, because it would use the one of the test's user.
    package init(
        output: @escaping @Sendable ([UInt8]) throws(VaultError) -> Void,
        line: @escaping @Sendable (String) -> Void,
        terminal: @escaping @Sendable () -> UserInteraction?,
        keyring: @escaping @Sendable (VaultInspection?) async -> KeyringReport = { _ in .absent },
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
        keyring: { await KeyringReport.current(for: $0) },
        dependencies: .real
    )

    /// Writes a message to standard error, its control characters as numbers.
    func message(_ text: String) { line("isogeo-vault: \(text.visible)") }

    /// Writes an error and, on the next line, its remedy.
    ///
    /// A remedy may be a list of commands, a line each.
    func message(_ error: VaultError) {
        line("isogeo-vault: \(error.sentence.visible)\n  \(error.remedy.visibleLines)")
    }

    /// Prints a result as text, followed by a newline.
    func print(_ text: String) throws(VaultError) { try output(Array("\(text)\n".utf8)) }
}

/// What the vault options select: the vault, how it is opened, and what is written to standard error.
struct VaultSelection: Sendable {
    /// Nil for the standard place.
    var path: String?
    /// The key that options name.
    var named: Unlocking?
    var mayAsk = true
    var isQuiet = false
    /// What happens to a vault that is older than it was.
    var rollback = RollbackPolicy.refused
    /// How token endpoints are reached.
    var connection = ConnectionOverrides()

    /// Whether options or environment name a key.
    var hasNamedWay: Bool { (named ?? .environment).isNamed }
}

extension CommandContext {
    /// How the vault is opened: as the options say, else the environment, else by asking.
    var unlocking: Unlocking {
        if let named = vault.named { return named }
        // Without a terminal to ask on, the keyring's error is the answer.
        return vault.mayAsk ? .environment(orAsking: interaction) : .environment
    }

    /// The terminal, where there is one, and the keyring's dialogs; neither with --no-prompt.
    var interaction: UserInteraction {
        guard vault.mayAsk else { return .none }
        var interaction = terminal() ?? UserInteraction.none
        interaction.tell = { sentence in say(sentence) }
        return interaction
    }

    /// Writes a message, unless --quiet is given.
    func say(_ text: String) {
        if !vault.isQuiet { message(text) }
    }

    /// Writes what is odd about a credential; with --quiet only what is about safety.
    func warn(of application: borrowing NewApplication, _ prefix: String = "") {
        for warning in application.warnings where !vault.isQuiet || warning == application.exposure {
            message("warning: \(prefix)\(warning)")
        }
    }

    /// The clock and the network with the options applied; warnings become messages, with --quiet those about safety.
    var vaultDependencies: VaultDependencies {
        var dependencies = dependencies
        dependencies.rollback = vault.rollback
        dependencies.connection = vault.connection
        dependencies.isQuiet = vault.isQuiet
        dependencies.warn = { message("warning: \($0)") }
        if let folder = dependencies.stateFolder {
            dependencies.isDue = { [now = dependencies.now] in
                WarningThrottle(vault: $1, in: folder).isDue($0, now: now())
            }
        }
        return dependencies
    }

    /// Opens the vault for what requests a token; opens it again, once and within the same time, when another process
    /// gave it a new key meanwhile (`rekey`).
    func withVault<Result>(
        _ body: (Vault) async throws(VaultError) -> Result
    ) async throws(VaultError) -> Result {
        let deadline = ContinuousClock.now + vaultDependencies.timeLimit
        do throws(VaultError) {
            return try await body(open())
        } catch {
            let rest = deadline - .now
            // libcurl takes a limit of less than a second for none.
            guard error.isKeyChange, unlocking.canOpenAgain, rest >= .seconds(1) else { throw error }
            var again = self
            again.vault.connection.timeLimit = rest
            return try await body(again.open())
        }
    }

    /// Opens the vault; without `bySession` only with a key, as a new session requires.
    func open(bySession: Bool = true) async throws(VaultError) -> Vault {
        let way = unlocking
        return try await Vault.open(
            at: vault.path,
            unlocking: bySession ? way : way.withoutSession,
            dependencies: vaultDependencies
        )
    }
}
