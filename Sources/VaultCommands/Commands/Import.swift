internal import ArgumentParser
internal import IsogeoVault

/// Stores credentials: `isogeo-vault import FILE…`.
struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Store client_secrets.json files in the vault, their secrets encrypted.",
        discussion: """
            The first import makes the vault and protects it as --protect says; without it, with the key file or \
            passphrase that options or environment name, else with the desktop keyring if it works, else with a \
            passphrase that it asks you for. If there is none of these, it makes nothing. A vault that is there \
            already keeps its protection.

              isogeo-vault import client_secrets.json
              isogeo-vault import --protect key-file=vault.key client_secrets.json

            Several files, or those of a folder, go in together: those that are no good are reported, and the others \
            are stored in one transaction.

            A file stays where it is, with the secret in clear, unless --delete-source is given. That deletes it after \
            its secret was read back from the vault. On an SSD, in a snapshot or in a backup the old bytes may \
            survive, and no program can change that: the sure way is a new secret from Isogeo.
            """
    )

    @Argument(help: "client_secrets.json files (or the SDK's INI), or folders of them; - is standard input.")
    var files: [String] = []

    @Flag(help: "Take the credential from the variables that Isogeo's tools read (ISOGEO_API_GROUP_CLIENT_ID …).")
    var fromEnvironment = false

    @Option(help: "The application's name in the vault (default: its client_id without the UUID at the end).")
    var name: String?

    @Flag(
        help: """
            Replace an application of that name, its secret and its tokens; encoding, proxy, certificates and API stay \
            unless options change them.
            """
    )
    var replace = false

    @Option(
        help: ArgumentHelp(
            "How a new vault is protected: \(NewKey.helpForNewVault).",
            valueName: "way"
        )
    )
    var protect: NewKey?

    @Flag(help: "Make no recovery code for a new vault that a key file or keyring alone would open.")
    var noRecovery = false

    @Flag(help: "Request a token first; if the server refuses, nothing is stored.")
    var check = false

    @Option(help: ArgumentHelp("The scopes to request with --check.", valueName: "scopes"))
    var scope: String?

    @Flag(help: "Delete each file after its secret was read back from the vault.")
    var deleteSource = false

    @Flag(help: "Show what would be imported and store nothing; needs no vault.")
    var dryRun = false

    @Flag(help: "Print what was imported as JSON.")
    var json = false

    @OptionGroup(title: "Credential")
    var credential: KeptCredentialOptions

    @OptionGroup(title: "Connection")
    var connection: ConnectionOptions

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func validate() throws {
        guard fromEnvironment != !files.isEmpty else {
            throw CommandProblem.Call.nothingToImport
        }
        guard files.filter({ $0 == "-" }).count <= 1 else { throw CommandProblem.Call.standardInputTwice }
        guard !deleteSource || !(fromEnvironment || files.contains("-")) else {
            throw CommandProblem.Call.deletesOnlyFiles
        }
        guard protect?.isRecoveryCode != true else { throw CommandProblem.Call.recoveryCodeAlone }
        guard scope == nil || check else { throw CommandProblem.Call.goesWith("--scope", ["--check"]) }
    }

    func run() async throws {
        let sources = try fromEnvironment ? [.environment] : files.flatMap(ImportSource.sources)
        guard name == nil || sources.count == 1 else {
            throw VaultError(.oneNameForFiles(count: sources.count))
        }
        var importer = Importer(self, sources)
        try await importer.run()
    }

    var options: NewApplication.Options {
        get throws(VaultError) {
            var options = credential.options
            options.caFile = connection.caFile
            if let name { options.name = try validName(name) }
            return options
        }
    }
}
