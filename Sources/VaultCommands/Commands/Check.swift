internal import ArgumentParser
internal import IsogeoVault

/// Proves a credential: `isogeo-vault check [NAME]`.
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Prove an application's credential: ask for a token, then for what is shared with it.",
        discussion: """
            The token is always a new one, and is kept. Which application: NAME, else $ISOGEO_VAULT_APP, else the \
            default, else the only one.
            """
    )

    @Argument(help: "The application.")
    var name: String?

    @Option(help: ArgumentHelp("The scopes to ask for, in one word with spaces.", valueName: "scopes"))
    var scope: String?

    @Option(help: ArgumentHelp("Where the API lies, this time.", valueName: "url"))
    var apiBase: String?

    @Flag(help: "Print it as JSON.")
    var json = false

    @OptionGroup(title: "Connection")
    var connection: ConnectionOptions

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func run() async throws {
        let context = CommandContext.current
        let opened = try await vault.choice(connection).open(context)
        let application = try await opened.application(try applicationName(name)).name
        let shares = try await opened.shares(of: application, scope: scope, base: apiBase)
        if json { return try context.printJSON(CheckReport(application, shares)) }
        guard !shares.isEmpty else {
            return try context.print("\(application): valid, but nothing is shared with it yet.")
        }
        let count = shares.count == 1 ? "1 share" : "\(shares.count) shares"
        let names = shares.map { "  \($0.name ?? $0.id ?? "without a name")" }
        try context.print((["\(application): valid, with \(count)."] + names).joined(separator: "\n"))
    }
}

/// What `check` found, as JSON.
private struct CheckReport: Encodable {
    let application: String
    let valid = true
    let shares: [Share]

    struct Share: Encodable {
        let id: String?
        let name: String?
    }

    init(_ application: ApplicationName, _ shares: [Vault.Share]) {
        self.application = application.description
        self.shares = shares.map { Share(id: $0.id, name: $0.name) }
    }
}
