internal import ArgumentParser
internal import IsogeoVault

/// Prints a token: `isogeo-vault token [NAME]`.
struct Token: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Print a token: the cached one while it is usable, else a new one.",
        discussion: """
            The token is the only thing on standard output, followed by a newline. However many processes ask at once, \
            one of them sends a request, and all get the same token.

            Which application: NAME, else $ISOGEO_VAULT_APP, else the default, else the only one.

              token=$(isogeo-vault token) &&
                curl --fail -H "Authorization: Bearer $token" \\
                  https://v1.api.isogeo.com/shares
            """
    )

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case raw, header, json, curl, env
    }

    @OptionGroup
    var application: ApplicationOptions

    @Option(
        help: """
            raw: the token; header: "Authorization: Bearer …"; json: with its application and its time to live; \
            curl: a line for curl --config; env: assignments for a shell's eval.
            """
    )
    var format = Format.raw

    @Flag(help: "The same as --format json.")
    var json = false

    @Flag(help: "Print no newline after the token.")
    var noNewline = false

    @Flag(help: "Request a new token even if the cached one is usable.")
    var refresh = false

    @Flag(help: "Send no request: print the cached token, or fail with 66 if none is usable.")
    var offline = false

    @Option(
        help: ArgumentHelp("Use this client_secrets.json and store nothing; needs no vault.", valueName: "file")
    )
    var from: String?

    @Flag(help: "Use the credential in the environment and store nothing; needs no vault.")
    var fromEnvironment = false

    // Declared so that it is refused by its name: the value of an unknown option would pass for the application.
    @Option(help: .hidden)
    var apiBase: String?

    @OptionGroup(title: "Token")
    var token: TokenRequestOptions

    @OptionGroup(title: "Credential (with --from and --from-environment)")
    var credential: CredentialOptions

    @OptionGroup(title: "Connection")
    var connection: ConnectionOptions

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func validate() throws {
        guard apiBase == nil else {
            throw CommandProblem.Call.tokenHasNoAPI
        }
        guard !json || format == .raw || format == .json else {
            throw CommandProblem.Call.contradiction(["--json", "--format \(format.rawValue)"])
        }
        guard from == nil || !fromEnvironment else { throw CommandProblem.Call.one(of: "--from", "--from-environment") }
        guard credential.isEmpty || from != nil || fromEnvironment else {
            throw CommandProblem.Call.credentialOptionsForVault
        }
        guard application.given == nil || (from == nil && !fromEnvironment) else {
            throw CommandProblem.Call.nameOfOtherCredential
        }
        guard !offline || !refresh && from == nil && !fromEnvironment else {
            throw CommandProblem.Call.offlineAsks
        }
    }

    var call: TokenCall {
        TokenCall(
            application: application.given,
            format: json ? .json : format,
            newline: !noNewline,
            options: token.options(refresh: refresh, offline: offline),
            source: fromEnvironment ? .environment : from.map(ImportSource.file),
            credential: credential.options
        )
    }

    func run() async throws { try await call.run(vault.context(connection)) }
}
