internal import ArgumentParser
internal import IsogeoVault

/// Writes a secret in clear: `isogeo-vault export NAME FILE --in-clear`.
struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write an application back to a client_secrets.json, its secret in clear.",
        discussion: "The file is made, mode 0600; nothing is overwritten. The audit trail tells of it."
    )

    @Argument(help: "The application.")
    var name: String

    @Argument(help: "The file to make.")
    var file: String

    @Flag(help: "Really write the secret in clear.")
    var inClear = false

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func run() async throws {
        let context = CommandContext.current
        let application = try validName(name)
        guard file != "-" else {
            throw VaultError(
                .usage,
                "A secret goes into a file, never to standard output, which terminals and logs keep.",
                remedy: "Name the file to make."
            )
        }
        guard inClear else {
            throw VaultError(
                .usage,
                "This writes the secret of \(application) to \(file) in clear.",
                remedy: "Say that you mean it: isogeo-vault export \(name.shellWord) \(file.shellWord) --in-clear"
            )
        }
        try await vault.choice.open(context).export(application, to: file)
        vault.choice.say("\(file) holds the secret of \(application) in clear: delete it when it has served.", context)
    }
}
