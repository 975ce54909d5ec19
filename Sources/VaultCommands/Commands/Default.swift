internal import ArgumentParser
internal import IsogeoVault

/// Sets or shows the default application: `isogeo-vault default [NAME]`.
struct Default: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "default",
        abstract: "Set the application that commands use when none is named, or show it.",
        discussion: "Without a name it prints the one that they use now."
    )

    @OptionGroup
    var application: ApplicationOptions

    @Flag(help: "Remove the default.")
    var none = false

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func validate() throws {
        guard !none || application.given == nil else { throw CommandProblem.Call.one(of: "a name", "--none") }
    }

    func run() async throws {
        let context = vault.context
        let opened = try await context.open()
        if none {
            try await opened.setDefault(nil)
            context.say("There is no default application now.")
        } else if let name = application.given {
            let application = try validName(name)
            try await opened.setDefault(application)
            context.say("The default application is \(application) now.")
        } else {
            try context.print(try await opened.application().name.description)
        }
    }
}
