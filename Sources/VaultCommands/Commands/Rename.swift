internal import ArgumentParser
internal import IsogeoVault

/// Gives an application another name: `isogeo-vault rename NAME NEW-NAME`.
struct Rename: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rename",
        abstract: "Give an application another name; its secret and its tokens stay.",
        usage: "isogeo-vault rename [<options>] <name> <new-name>"
    )

    @OptionGroup
    var application: ApplicationAndOperand<NewName>

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func run() async throws {
        let context = vault.context
        let (old, new) = (try validName(application.name), try validName(application.operand))
        try await context.open().rename(old, to: new)
        context.say("Renamed the application \(old) to \(new).")
    }

    enum NewName: OperandHelp {
        static let help = ArgumentHelp("Its new name.", valueName: "new-name")
    }
}
