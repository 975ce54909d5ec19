internal import ArgumentParser
internal import FoundationEssentials
internal import IsogeoVault

/// Shows what is known of an application: `isogeo-vault show [NAME]`.
struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show what is known of an application, never its secret.",
        discussion: "Which application: NAME, else $ISOGEO_VAULT_APP, else the default, else the only one."
    )

    @Argument(help: "The application.")
    var name: String?

    @Flag(help: "Print it as JSON.")
    var json = false

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func run() async throws {
        let context = CommandContext.current
        let application = try await vault.choice.open(context).application(try applicationName(name))
        if json { return try context.printJSON(ApplicationReport(application)) }
        try context.print(
            table([
                ["name", application.name.description],
                ["client_id", application.clientID],
                ["tokens from", application.tokenURI],
                ["API", application.apiBase ?? "not known: import it with --api-base"],
                ["Basic encoding", application.basicEncoding.rawValue],
                ["certificates", application.caFile ?? "the system's"],
                ["proxy", application.proxy ?? "what the environment names"],
                [
                    "scopes",
                    application.scopes.isEmpty ? "none in its file" : application.scopes.joined(separator: " "),
                ],
                ["imported", application.created.rfc3339],
                ["secret written", application.credentialWritten.rfc3339],
                ["cached tokens", Self.tokens(application, now: context.dependencies.now())],
            ])
        )
    }

    private static func tokens(_ application: Application, now: Int64) -> String {
        guard !application.tokensExpire.isEmpty else { return "none" }
        return application.tokensExpire.map { expiry in
            expiry.epochSeconds > now ? "\(expiry.epochSeconds - now) s left" : "expired"
        }.joined(separator: ", ")
    }
}
