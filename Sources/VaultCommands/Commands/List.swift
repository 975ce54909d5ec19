internal import ArgumentParser
internal import IsogeoVault

/// Lists applications: `isogeo-vault list`.
struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the applications in the vault, never a secret."
    )

    @Flag(help: "Print them as JSON.")
    var json = false

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func run() async throws {
        let context = Context.current
        let opened = try await vault.choice.open(context)
        let applications = try await opened.applications()
        if json {
            try context.printJSON(
                ListReport(vault: opened.path, applications: applications.map(ApplicationReport.init))
            )
        } else {
            let rows = applications.map { [$0.name.description, $0.clientID, $0.tokenOrigin] }
            try context.print(table([["NAME", "CLIENT_ID", "TOKENS FROM"]] + rows))
        }
    }
}

private struct ListReport: Encodable {
    let vault: String
    let applications: [ApplicationReport]
}

/// An application as JSON.
private struct ApplicationReport: Encodable {
    let name: String
    let client_id: String
    let token_uri: String
    let basic_encoding: String
    let ca_file: String?
    let scopes: [String]
    let created: String
    let created_epoch: Int64
    let secret_written: String
    let secret_written_epoch: Int64

    init(_ application: Application) {
        name = application.name.description
        client_id = application.clientID
        token_uri = application.tokenURI
        basic_encoding = application.basicEncoding.rawValue
        ca_file = application.caFile
        scopes = application.scopes
        created = application.created.rfc3339
        created_epoch = application.created.epochSeconds
        secret_written = application.credentialWritten.rfc3339
        secret_written_epoch = application.credentialWritten.epochSeconds
    }
}
