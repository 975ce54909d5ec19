internal import ArgumentParser
internal import IsogeoVault

/// Drops cached tokens: `isogeo-vault forget [NAME]`.
struct Forget: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget",
        abstract: "Drop the cached tokens of an application, or of all.",
        discussion: """
            Which application: NAME, else $ISOGEO_VAULT_APP, else the default, else the only one. Isogeo has no \
            revocation: a token that a program has already got is valid until it expires.
            """
    )

    @OptionGroup
    var application: ApplicationOptions

    @Flag(help: "Those of all applications.")
    var all = false

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func validate() throws {
        guard !all || application.given == nil else { throw CommandProblem.Call.one(of: "a name", "--all") }
    }

    func run() async throws {
        let context = vault.context
        let opened = try await context.open()
        let name = all ? nil : try await opened.application(try application.chosen).name
        try await opened.forget(name)
        context.say("Dropped the cached tokens of \(name.map(\.description) ?? "all applications").")
    }
}
