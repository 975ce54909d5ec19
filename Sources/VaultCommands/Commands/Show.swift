internal import ArgumentParser
internal import FoundationEssentials
internal import IsogeoVault

/// Shows an application: `isogeo-vault show [NAME]`.
struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show an application's settings and times, never its secret.",
        discussion: "Which application: NAME, else $ISOGEO_VAULT_APP, else the default, else the only one."
    )

    @OptionGroup
    var application: ApplicationOptions

    @Flag(help: "Print it as JSON.")
    var json = false

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func run() async throws {
        let context = vault.context
        let application = try await context.open().application(try application.chosen)
        if json { return try context.printJSON(ApplicationReport(application)) }
        try context.print(application.text(now: context.dependencies.now()))
    }
}

extension Application {
    /// The application for people, a line for each fact.
    fileprivate func text(now: Int64) -> String {
        table([
            ["name", name.description],
            ["client_id", clientID],
            ["tokens from", tokenURI],
            ["API", apiBase ?? "unknown: give it with --api-base"],
            ["Basic encoding", basicEncoding.rawValue],
            ["certificates", caFile.map { keepsCertificates ? "kept from \($0)" : $0 } ?? "the system's"],
            ["proxy", proxy ?? "what the environment names"],
            ["scopes", scopes.isEmpty ? "none in its file" : scopes.joined(separator: " ")],
            ["imported", created.rfc3339],
            ["secret written", credentialWritten.rfc3339],
            ["cached tokens", tokens(now: now)],
        ])
    }

    private func tokens(now: Int64) -> String {
        guard !tokensExpire.isEmpty else { return "none" }
        return tokensExpire.map { expiry in
            expiry.epochSeconds > now ? "\(expiry.epochSeconds - now) s left" : "expired"
        }.joined(separator: ", ")
    }
}

/// An application as JSON.
struct ApplicationReport: Encodable {
    let name: String
    let client_id: String
    let token_uri: String
    let basic_encoding: String
    let ca_file: String?
    let proxy: String?
    let api_base: String?
    let scopes: [String]
    let created: String
    let created_epoch: Int64
    let secret_written: String
    let secret_written_epoch: Int64
    let tokens_expire: [String]
    let tokens_expire_epoch: [Int64]

    init(_ application: Application) {
        name = application.name.description
        client_id = application.clientID
        token_uri = application.tokenURI
        basic_encoding = application.basicEncoding.rawValue
        ca_file = application.caFile
        proxy = application.proxy
        api_base = application.apiBase
        scopes = application.scopes
        created = application.created.rfc3339
        created_epoch = application.created.epochSeconds
        secret_written = application.credentialWritten.rfc3339
        secret_written_epoch = application.credentialWritten.epochSeconds
        tokens_expire = application.tokensExpire.map(\.rfc3339)
        tokens_expire_epoch = application.tokensExpire.map(\.epochSeconds)
    }
}
