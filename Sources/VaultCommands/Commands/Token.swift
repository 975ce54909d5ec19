internal import ArgumentParser
internal import IsogeoVault

/// Prints a token: `isogeo-vault token [NAME]`.
struct Token: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Print a token: the cached one while it is usable, else a new one.",
        discussion: """
            The token is the only thing on standard output, followed by a newline. However many processes ask at once, \
            one of them asks the server; the others are given the same token.

            Which application: NAME, else $ISOGEO_VAULT_APP, else the default, else the only one.

              curl -H "Authorization: Bearer $(isogeo-vault token)" \\
                https://v1.api.isogeo.com/shares
            """
    )

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case raw, header, json
    }

    @Argument(help: "The application.")
    var name: String?

    @Option(
        help: """
            raw: the token; header: "Authorization: Bearer …"; json: with its application and its time to live.
            """
    )
    var format = Format.raw

    @Flag(help: "The same as --format json.")
    var json = false

    @Flag(help: "Print no newline behind the token.")
    var noNewline = false

    @Option(help: ArgumentHelp("Seconds that the token must still live, at least.", valueName: "seconds"))
    var minTtl = 0

    @Flag(help: "Ask for a new token even when the cached one is usable.")
    var refresh = false

    @Option(help: ArgumentHelp("The scopes to ask for, in one word with spaces.", valueName: "scopes"))
    var scope: String?

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func validate() throws {
        guard (0...86_400).contains(minTtl) else { throw ValidationError("--min-ttl is 0 to 86400 seconds.") }
        guard !json || format == .raw || format == .json else {
            throw ValidationError("--json and --format \(format.rawValue) contradict each other.")
        }
    }

    func run() async throws {
        let call = TokenCall(
            application: name,
            format: json ? .json : format,
            newline: !noNewline,
            options: TokenOptions(scope: scope, minimumLifetime: minTtl, refresh: refresh),
            vault: vault.choice
        )
        try await call.run(Context.current)
    }
}

/// What `token` does once its arguments are known.
struct TokenCall {
    var application: String?
    var format = Token.Format.raw
    var newline = true
    var options = TokenOptions()
    var vault = VaultChoice()

    func run(_ context: Context) async throws(VaultError) {
        let name = try applicationName(application)
        let token = try await vault.open(context).token(for: name, options)
        switch format {
        case .raw: try context.output(Array((token.value + (newline ? "\n" : "")).utf8))
        case .header: try context.output(Array(("Authorization: \(token.authorization)" + (newline ? "\n" : "")).utf8))
        case .json: try context.printJSON(TokenReport(token))
        }
    }
}

extension TokenCall {
    /// The call that `token` or `token NAME` is, and nothing else.
    ///
    /// These are nearly all calls there are, and a parser of arguments takes longer to see it than the vault needs for
    /// the token: 3 of 6 ms.
    init?(plain arguments: [String]) {
        guard arguments.first == "token", arguments.count <= 2, arguments.dropFirst().allSatisfy({ !$0.hasPrefix("-") })
        else { return nil }
        application = arguments.dropFirst().first
    }
}

/// A token as JSON.
private struct TokenReport: Encodable {
    let access_token: String
    let token_type = "Bearer"
    let application: String
    let expires_at: String
    let expires_at_epoch: Int64
    let expires_in: Int
    let source: String

    init(_ token: AccessToken) {
        access_token = token.value
        application = token.application.description
        expires_at = token.expires.rfc3339
        expires_at_epoch = token.expires.epochSeconds
        expires_in = token.remainingSeconds
        source = token.source.rawValue
    }
}
