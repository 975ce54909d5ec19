internal import ArgumentParser
internal import IsogeoVault

/// Proves a credential: `isogeo-vault check [NAME]`.
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Prove an application's credential: request a token, then list what is shared with it.",
        discussion: """
            The token is always a new one, and is cached. Which application: NAME, else $ISOGEO_VAULT_APP, else the \
            default, else the only one.
            """
    )

    @OptionGroup
    var application: ApplicationOptions

    @Option(help: ArgumentHelp("The API's address for this call.", valueName: "url"))
    var apiBase: String?

    @Flag(help: "Print it as JSON.")
    var json = false

    @OptionGroup(title: "Token")
    var token: TokenRequestOptions

    @OptionGroup(title: "Connection")
    var connection: ConnectionOptions

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func run() async throws {
        let context = vault.context(connection)
        let (name, shares) = try await context.withVault { (opened) throws(VaultError) in
            let name = try await opened.application(try application.chosen).name
            return (name, try await opened.shares(of: name, base: apiBase, token.options(refresh: true)))
        }
        if json { try context.printJSON(CheckReport(name, shares)) } else { try context.print(text(name, shares)) }
    }

    private func text(_ application: ApplicationName, _ shares: [Vault.Share]) -> String {
        guard !shares.isEmpty else { return "\(application): valid, but nothing is shared with it yet." }
        let count = shares.count == 1 ? "1 share" : "\(shares.count) shares"
        let names = shares.map { "  \($0.name ?? $0.id ?? "without a name")" }
        return (["\(application): valid, with \(count)."] + names).joined(separator: "\n")
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
