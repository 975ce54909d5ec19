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
        let context = vault.context
        let opened = try await context.open()
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
