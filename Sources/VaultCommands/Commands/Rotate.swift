internal import ArgumentParser
internal import IsogeoVault

/// Replaces a secret that was proven: `isogeo-vault rotate NAME FILE`.
struct Rotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Replace an application's secret, after the new one has given a token.",
        discussion: """
            The new client_secrets.json is tried first: when the server refuses it, or can't be reached, the vault stays \
            as it is. Basic encoding, proxy and certificates stay what they were unless options say otherwise, and so does \
            where the API is, while tokens come from the same server.
            """
    )

    @Argument(help: "The application.")
    var name: String

    @Argument(help: "The new client_secrets.json; - is standard input.")
    var file: String

    @Option(help: ArgumentHelp("The scopes to ask for with the proof.", valueName: "scopes"))
    var scope: String?

    @OptionGroup(title: "Credential")
    var credential: CredentialOptions

    @OptionGroup(title: "Connection")
    var connection: ConnectionOptions

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func run() async throws {
        let context = CommandContext.current
        let application = try validName(name)
        let choice = vault.choice(connection)
        let opened = try await choice.open(context)
        let present = try await opened.application(application)
        var options = credential.options
        options.name = application
        options.basicEncoding = credential.basicEncoding?.encoding ?? present.basicEncoding
        options.caFile = connection.caFile
        var new = try NewApplication(clientSecrets: file, options)
        let droppedBase = try new.keep(from: present, besides: options, saysEncoding: true)
        for warning in new.warnings { choice.say("warning: \(warning)", context) }
        try await opened.rotate(application, to: new, scope: scope)
        choice.say("The new secret of \(application) gave a token and is in the vault now.", context)
        if new.tokenOrigin != present.tokenOrigin {
            choice.say(
                "Tokens are requested from \(new.tokenOrigin) now, before from \(present.tokenOrigin).",
                context
            )
        }
        if let droppedBase {
            choice.say(forgottenAPI(at: droppedBase), context)
        }
    }
}
