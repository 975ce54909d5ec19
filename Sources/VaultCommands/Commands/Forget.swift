internal import ArgumentParser
internal import IsogeoVault

/// Drops cached tokens: `isogeo-vault forget [NAME]`.
struct Forget: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget",
        abstract: "Drop the cached tokens of an application, or of all.",
        discussion: """
            Which application: NAME, else $ISOGEO_VAULT_APP, else the default, else the only one. Isogeo has no \
            revocation: a token that somebody else holds lives on until it expires.
            """
    )

    @Argument(help: "The application.")
    var name: String?

    @Flag(help: "Those of all applications.")
    var all = false

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func validate() throws {
        guard !all || name == nil else { throw ValidationError("Give a name or --all.") }
    }

    func run() async throws {
        let context = CommandContext.current
        let opened = try await vault.choice.open(context)
        let application = all ? nil : try await opened.application(try applicationName(name)).name
        try await opened.forget(application)
        vault.choice.say(
            "Dropped the cached tokens of \(application.map(\.description) ?? "all applications").",
            context
        )
    }
}
