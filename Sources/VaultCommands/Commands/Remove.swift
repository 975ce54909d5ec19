internal import ArgumentParser
internal import IsogeoVault

/// Removes an application: `isogeo-vault remove NAME --yes`.
struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove an application from the vault, with its secret and its tokens.",
        usage: "isogeo-vault remove [<options>] <name>",
        discussion: """
            The vault may hold the only copy of the secret: without --yes nothing is removed. Older backups still have \
            it.
            """
    )

    @OptionGroup
    var application: ApplicationOptions

    @Flag(help: "Really remove it.")
    var yes = false

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func validate() throws { _ = try application.required() }

    func run() async throws {
        let context = vault.context
        let application = try validName(try application.required())
        guard yes else { throw VaultError(.removalUnconfirmed(application)) }
        try await context.open().remove(application)
        context.say("Removed the application \(application).")
    }
}
