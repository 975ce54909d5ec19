internal import ArgumentParser
internal import IsogeoVault

/// Says which application is meant when none is named: `isogeo-vault default [NAME]`.
struct Default: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "default",
        abstract: "Say which application is meant when nobody names one, or show it."
    )

    @Argument(help: "The application; without it the one that is meant now is printed.")
    var name: String?

    @Flag(help: "Have no default any more.")
    var none = false

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func validate() throws {
        guard !none || name == nil else { throw ValidationError("Give a name or --none.") }
    }

    func run() async throws {
        let context = CommandContext.current
        let opened = try await vault.choice.open(context)
        if none {
            try await opened.setDefault(nil)
            vault.choice.say("No application is the default any more.", context)
        } else if let name {
            let application = try validName(name)
            try await opened.setDefault(application)
            vault.choice.say("The default is \(application) from now on.", context)
        } else {
            try context.print(try await opened.application().name.description)
        }
    }
}
