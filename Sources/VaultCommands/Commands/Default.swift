internal import ArgumentParser
internal import IsogeoVault

/// Says which application is meant when none is named: `isogeo-vault default [NAME]`.
struct Default: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "default",
        abstract: "Say which application is meant when none is named, or show it.",
        discussion: "Without a name the one that is meant now is printed."
    )

    @OptionGroup
    var application: ApplicationOptions

    @Flag(help: "Have no default any more.")
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
            context.say("No application is the default any more.")
        } else if let name = application.given {
            let application = try validName(name)
            try await opened.setDefault(application)
            context.say("The default is \(application) from now on.")
        } else {
            try context.print(try await opened.application().name.description)
        }
    }
}
