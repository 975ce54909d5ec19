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

              token=$(isogeo-vault token) &&
                curl --fail -H "Authorization: Bearer $token" \\
                  https://v1.api.isogeo.com/shares
            """
    )

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case raw, header, json, curl, env
    }

    @Argument(help: "The application.")
    var name: String?

    @Option(
        help: """
            raw: the token; header: "Authorization: Bearer …"; json: with its application and its time to live; \
            curl: a line for curl --config; env: assignments for a shell's eval.
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

    @Flag(help: "Ask no server: print the cached token, or fail with 66 when none is usable.")
    var offline = false

    @Option(help: ArgumentHelp("The scopes to ask for, in one word with spaces.", valueName: "scopes"))
    var scope: String?

    @Option(
        help: ArgumentHelp(
            "A parameter that the server wants beside, such as audience=…; may be given again.",
            valueName: "name=value"
        ),
        transform: { try TokenOptions.Parameter(argument: $0) }
    )
    var param: [TokenOptions.Parameter] = []

    @Option(
        help: ArgumentHelp("Ask with this client_secrets.json and keep nothing; no vault is needed.", valueName: "file")
    )
    var from: String?

    @Flag(help: "Ask with the credential in the environment and keep nothing; no vault is needed.")
    var fromEnvironment = false

    @OptionGroup(title: "Credential (with --from and --from-environment)")
    var credential: CredentialOptions

    @OptionGroup(title: "Connection")
    var connection: ConnectionOptions

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func validate() throws {
        guard (0...86_400).contains(minTtl) else { throw ValidationError("--min-ttl is 0 to 86400 seconds.") }
        guard !json || format == .raw || format == .json else {
            throw ValidationError("--json and --format \(format.rawValue) contradict each other.")
        }
        guard from == nil || !fromEnvironment else { throw ValidationError("Give --from or --from-environment.") }
        guard credential.isEmpty || from != nil || fromEnvironment else {
            throw ValidationError(
                "--token-uri, --basic-encoding and --proxy go with --from and --from-environment; "
                    + "what is in the vault has its own."
            )
        }
        guard name == nil || (from == nil && !fromEnvironment) else {
            throw ValidationError("A credential that isn't in the vault has no name there.")
        }
        guard !offline || !refresh && from == nil && !fromEnvironment else {
            throw ValidationError(
                "--offline prints what is cached, and contradicts --refresh, --from and --from-environment."
            )
        }
    }

    func run() async throws {
        let call = TokenCall(
            application: name,
            format: json ? .json : format,
            newline: !noNewline,
            options: TokenOptions(
                scope: scope,
                minimumLifetime: minTtl,
                refresh: refresh,
                parameters: param,
                offline: offline
            ),
            source: fromEnvironment ? .environment : from.map(ImportSource.file),
            credential: credential.options,
            vault: vault.choice(connection)
        )
        try await call.run(CommandContext.current)
    }
}

extension TokenOptions.Parameter {
    /// Reads `name=value`; the value may be empty, and have equals signs itself.
    fileprivate init(argument: String) throws {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else { throw ValidationError("--param wants NAME=VALUE.") }
        self.init(String(parts[0]), String(parts[1]))
    }
}

/// What `token` does once its arguments are known.
struct TokenCall {
    var application: String?
    var format = Token.Format.raw
    var newline = true
    var options = TokenOptions()
    /// The credential to ask with in place of one in the vault.
    var source: ImportSource?
    var credential = NewApplication.Options()
    var vault = VaultSelection()

    func run(_ context: CommandContext) async throws(VaultError) {
        let token = try await token(context)
        if format == .json { return try context.printJSON(TokenReport(token)) }
        try context.output(Array((token.text(format) + (newline ? "\n" : "")).utf8))
    }

    private func token(_ context: CommandContext) async throws(VaultError) -> AccessToken {
        guard let source else {
            let name = try applicationName(application)
            return try await vault.open(context).token(for: name, options)
        }
        let application = try source.read(credential)
        for warning in application.warnings { vault.say("warning: \(warning)", context) }
        return try await application.token(options, dependencies: vault.dependencies(context))
    }
}

extension AccessToken {
    /// The token for programs that read text.
    ///
    /// It comes from the server: what a shell or curl would take for more than text is quoted (RFC 6749 Appendix A.12
    /// allows every visible character).
    fileprivate func text(_ format: Token.Format) -> String {
        switch format {
        case .raw, .json: value
        case .header: "Authorization: \(authorization)"
        case .curl:
            "header = \"Authorization: \(authorization.escaping("\\").escaping("\""))\""
        case .env:
            """
            export ISOGEO_ACCESS_TOKEN=\(value.quotedForShell)
            export ISOGEO_ACCESS_TOKEN_EXPIRES='\(expires.epochSeconds)'
            """
        }
    }
}

extension String {
    /// The text with a backslash before each `character`.
    fileprivate func escaping(_ character: Character) -> String {
        split(separator: character, omittingEmptySubsequences: false).joined(separator: "\\\(character)")
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
