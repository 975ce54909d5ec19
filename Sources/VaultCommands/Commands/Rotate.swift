internal import ArgumentParser
internal import IsogeoVault

/// Replaces a secret that was proven: `isogeo-vault rotate NAME FILE`.
struct Rotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Replace an application's secret, after the new one has given a token.",
        usage: "isogeo-vault rotate [<options>] <name> <file>",
        discussion: """
            The command tries the new client_secrets.json first: if the server refuses it, or can't be reached, the \
            vault stays as it is. Basic encoding, proxy and certificates stay unless options change them; so does the \
            API's address while tokens come from the same server.
            """
    )

    @OptionGroup
    var application: ApplicationAndOperand<NewFile>

    @Option(help: ArgumentHelp("The scopes to request with the proof.", valueName: "scopes"))
    var scope: String?

    @OptionGroup(title: "Credential")
    var credential: KeptCredentialOptions

    @OptionGroup(title: "Connection")
    var connection: ConnectionOptions

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func run() async throws {
        var context = vault.context(connection)
        // The new credential has it, and is proven by the very certificates that are kept.
        context.vault.connection.caFile = nil
        let name = try validName(application.name)
        let opened = try await context.open()
        let present = try await opened.application(name)
        let options = options(for: present)
        var new = try NewApplication(clientSecrets: application.operand, options)
        let droppedBase = try new.keep(from: present, besides: options, saysEncoding: true)
        context.warn(of: new)
        try await opened.rotate(name, to: new, scope: scope)
        context.say("The new secret of \(name) gave a token and is in the vault now.")
        if new.tokenOrigin != present.tokenOrigin {
            context.say("Tokens come from \(new.tokenOrigin) now; before, from \(present.tokenOrigin).")
        }
        if let droppedBase { context.say(removedAPI(at: droppedBase)) }
    }

    /// The options for reading the new file.
    ///
    /// They include the present Basic encoding, because some ids and secrets can only be sent form-encoded.
    private func options(for present: Application) -> NewApplication.Options {
        var options = credential.options
        options.name = present.name
        options.hasKnownName = true
        if !credential.saysEncoding { options.basicEncoding = present.basicEncoding }
        options.caFile = connection.caFile
        return options
    }

    enum NewFile: OperandHelp {
        static let help = ArgumentHelp("The new client_secrets.json; - is standard input.", valueName: "file")
    }
}
