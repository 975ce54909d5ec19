internal import ArgumentParser
internal import IsogeoVault

/// Takes an application out: `isogeo-vault remove NAME --yes`.
struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Take an application out of the vault, with its secret and its tokens.",
        discussion: """
            The vault may hold the only copy of the secret: without --yes nothing is removed. A backup that was made \
            before still has it.
            """
    )

    @Argument(help: "The application.")
    var name: String

    @Flag(help: "Really remove it.")
    var yes = false

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func run() async throws {
        let context = CommandContext.current
        let application = try validName(name)
        guard yes else {
            throw VaultError(
                .usage,
                "Removing \(application) takes its secret out of the vault for good.",
                remedy: "Say that you mean it: isogeo-vault remove \(name.shellWord) --yes"
            )
        }
        try await vault.choice.open(context).remove(application)
        vault.choice.say("Removed the application \(application).", context)
    }
}
