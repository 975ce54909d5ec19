internal import ArgumentParser
internal import IsogeoVault

/// Writes a secret in clear: `isogeo-vault export NAME FILE --in-clear`.
struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write an application back to a client_secrets.json, its secret in clear.",
        usage: "isogeo-vault export [<options>] <name> <file>",
        discussion: "It makes the file, mode 0600, and overwrites nothing. The audit trail records it."
    )

    @OptionGroup
    var application: ApplicationAndOperand<FileToMake>

    @Flag(help: "Really write the secret in clear.")
    var inClear = false

    @Flag(help: "Write it even if the audit trail can't record it, as in a read-only vault.")
    var unlogged = false

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func run() async throws {
        let context = vault.context
        let name = try validName(application.name)
        try checkMeant(name)
        try await context.open().export(name, to: file, unlogged: unlogged)
        context.say("\(file) holds the secret of \(name) in clear: delete it when you no longer need it.")
    }

    private var file: String { application.operand }

    private func checkMeant(_ application: ApplicationName) throws(VaultError) {
        guard file != "-" else { throw VaultError(.secretOnStandardOutput) }
        guard inClear else { throw VaultError(.exportUnconfirmed(application, file: file)) }
    }

    enum FileToMake: OperandHelp {
        static let help = ArgumentHelp("The file to make.", valueName: "file")
    }
}
