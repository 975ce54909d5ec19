internal import IsogeoVault
internal import VaultArguments
internal import VaultSystem

/// The work of `token`, once its arguments are parsed.
struct TokenCall {
    var application: String?
    var format = Token.Format.raw
    var newline = true
    var options = TokenOptions()
    /// The credential to use instead of one in the vault.
    var source: ImportSource?
    var credential = NewApplication.Options()

    func run(_ context: CommandContext) async throws(VaultError) {
        let token = try await token(context)
        if format == .json { return try context.printJSON(TokenReport(token)) }
        try context.output(Array((token.text(format) + (newline ? "\n" : "")).utf8))
    }

    private func token(_ context: CommandContext) async throws(VaultError) -> AccessToken {
        // A request is certain: what it needs is opened meanwhile.
        if options.refresh || source != nil { context.dependencies.prepareForRequest() }
        guard let source else {
            let name = try applicationName(application)
            return try await context.withVault { (vault) throws(VaultError) in
                try await vault.token(for: name, options)
            }
        }
        let application = try source.read(credential)
        context.warn(of: application)
        return try await application.token(options, dependencies: context.vaultDependencies)
    }
}

extension AccessToken {
    /// The token as text for other programs.
    ///
    /// RFC 6749 Appendix A.12 allows every visible character in a token, and a hostile server may choose them: shells
    /// and curl get it quoted.
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
    init(_ plain: PlainTokenCall) {
        application = plain.application
        options = TokenOptions(minimumLifetime: plain.minimumLifetime, refresh: plain.refreshes)
    }
}

extension VaultSelection {
    init(_ plain: PlainTokenCall) {
        path = plain.vault
        named = plain.keyFile.map { .keyFile($0) }
        mayAsk = plain.mayAsk
        isQuiet = plain.isQuiet
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
