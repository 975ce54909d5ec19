internal import ArgumentParser
internal import IsogeoVault

/// Gives an application another name: `isogeo-vault rename NAME NEW-NAME`.
struct Rename: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename",
        abstract: "Give an application another name; its secret and its tokens stay."
    )

    @Argument(help: "The application.")
    var name: String

    @Argument(help: "Its new name.")
    var newName: String

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func run() async throws {
        let context = CommandContext.current
        let (old, new) = (try validName(name), try validName(newName))
        try await vault.choice.open(context).rename(old, to: new)
        vault.choice.say("Renamed the application \(old) to \(new).", context)
    }
}
