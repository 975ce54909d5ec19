internal import ArgumentParser
internal import IsogeoVault

/// The vault, and how it is opened: the same for every command.
typealias VaultOptions = VaultOptionsWith<ShortQuiet>

/// The same for a command whose `-q` is a query.
typealias VaultOptionsWithQuery = VaultOptionsWith<LongQuiet>

/// The names of the flag for quiet.
protocol QuietNames: Sendable { static var names: NameSpecification { get } }
enum ShortQuiet: QuietNames { static let names: NameSpecification = [.short, .long] }
enum LongQuiet: QuietNames { static let names: NameSpecification = .long }

struct VaultOptionsWith<Quiet: QuietNames>: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The vault (default: $ISOGEO_VAULT, else ~/.local/share/isogeo-vault/vault.db).",
            valueName: "path"
        )
    )
    var vault: String?

    @Option(help: ArgumentHelp("Open it with this key file, mode 0600 and yours.", valueName: "path"))
    var keyFile: String?

    @Option(help: ArgumentHelp("Open it with a key file from a container or service manager.", valueName: "path"))
    var sharedKeyFile: String?

    @Option(help: ArgumentHelp("Open it with the passphrase in this file, mode 0600 and yours.", valueName: "path"))
    var passphraseFile: String?

    @Option(
        help: ArgumentHelp(
            "Open it with the passphrase in a file from a container or service manager.",
            valueName: "path"
        )
    )
    var sharedPassphraseFile: String?

    @Option(help: ArgumentHelp("Open it with the passphrase from this descriptor.", valueName: "number"))
    var passphraseFd: Int32?

    @Option(
        help: ArgumentHelp("Open it with the passphrase that this command prints (/bin/sh -c).", valueName: "command")
    )
    var passphraseCommand: String?

    @Option(help: ArgumentHelp("Open it with the recovery code in this file, mode 0600 and yours.", valueName: "path"))
    var recovery: String?

    @Flag(
        help: "Accept a vault that is older than it was when it was last seen here: it then counts as the newest state."
    )
    var acceptRollback = false

    @Flag(help: "Never ask for a passphrase: fail instead.")
    var noPrompt = false

    @Option(help: "How an error is written: text, or json on one line.")
    var errorFormat = ErrorFormat.text

    @Flag(name: Quiet.names, help: "Write only errors, and warnings about safety, to standard error.")
    var quiet = false

    func validate() throws {
        guard named.count <= 1 else { throw CommandProblem.Call.severalWaysToOpen }
        guard vault != "" else { throw CommandProblem.Call.noPath("--vault") }
    }

    private var named: [Unlocking] {
        [
            keyFile.map { .keyFile($0) },
            sharedKeyFile.map { .keyFile($0, shared: true) },
            passphraseFile.map { .passphraseFile($0) },
            sharedPassphraseFile.map { .passphraseFile($0, shared: true) },
            passphraseFd.map { .passphraseDescriptor($0) },
            passphraseCommand.map { .passphraseCommand($0) },
            recovery.map { .recoveryFile($0) },
        ].compactMap(\.self)
    }

    /// What the command works with, and this vault.
    var context: CommandContext {
        var context = CommandContext.current
        context.vault = VaultSelection(
            path: vault,
            named: named.first,
            mayAsk: !noPrompt,
            isQuiet: quiet,
            rollback: acceptRollback ? .accepted : .refused
        )
        return context
    }

    /// The same, with how it connects to token endpoint and API.
    func context(_ connection: ConnectionOptions) -> CommandContext {
        var context = context
        context.vault.connection = connection.overrides
        return context
    }
}
