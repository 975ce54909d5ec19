internal import ArgumentParser
internal import IsogeoVault
internal import VaultSystem

/// Takes an application out: `isogeo-vault remove NAME --yes`.
struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Take an application out of the vault, with its secret and its tokens.",
        usage: "isogeo-vault remove [<options>] <name>",
        discussion: """
            The vault may hold the only copy of the secret: without --yes nothing is removed. A backup that was made \
            before still has it.
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
        let name = try application.required()
        let application = try validName(name)
        guard yes else {
            throw VaultError(
                .usage,
                "Removing \(application) takes its secret out of the vault for good.",
                remedy: "Say that you mean it: isogeo-vault remove \(name.shellWord) --yes"
            )
        }
        try await context.open().remove(application)
        context.say("Removed the application \(application).")
    }
}
