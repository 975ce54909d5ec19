internal import ArgumentParser
internal import IsogeoVault

/// Replaces the certificates of an application's endpoint: `isogeo-vault trust NAME --ca-file FILE`.
struct Trust: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trust",
        abstract: "Replace the certificates that an application's servers are trusted by.",
        usage: "isogeo-vault trust [<options>] <name> (--ca-file <path> | --system)",
        discussion: """
            The vault keeps the certificates themselves: when the file changes, as when your authority renews its \
            certificate, run this again. The application's secret and its tokens stay.
            """
    )

    @OptionGroup
    var application: ApplicationOptions

    @Option(help: ArgumentHelp("The certificates (PEM) to trust instead of the system's.", valueName: "path"))
    var caFile: String?

    @Flag(help: "Trust the system's certificates again.")
    var system = false

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func validate() throws {
        _ = try application.required()
        guard caFile != "" else { throw CommandProblem.Call.noPath("--ca-file") }
        guard caFile == nil || !system else { throw CommandProblem.Call.contradiction(["--ca-file", "--system"]) }
        guard caFile != nil || system else { throw CommandProblem.Call.one(of: "--ca-file", "--system") }
    }

    func run() async throws {
        let context = vault.context
        let name = try validName(application.required())
        try await context.open().trust(name, caFile: caFile)
        context.say(
            caFile.map { "The servers of \(name) are trusted by the certificates in \($0), which the vault keeps now." }
                ?? "The servers of \(name) are trusted by the system's certificates now."
        )
    }
}
