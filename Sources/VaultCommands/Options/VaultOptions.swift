internal import ArgumentParser
internal import IsogeoVault

/// Which vault, and how it is opened: the same for every command.
typealias VaultOptions = VaultOptionsBeside<QuietShortly>

/// The same for a command that means something else by `-q`.
typealias VaultOptionsWithQuery = VaultOptionsBeside<QuietInFull>

/// How quiet is asked for.
protocol QuietNaming: Sendable { static var names: NameSpecification { get } }
enum QuietShortly: QuietNaming { static let names: NameSpecification = [.short, .long] }
enum QuietInFull: QuietNaming { static let names: NameSpecification = .long }

struct VaultOptionsBeside<Quiet: QuietNaming>: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The vault (default: $ISOGEO_VAULT, else ~/.local/share/isogeo-vault/vault.db).",
            valueName: "path"
        )
    )
    var vault: String?

    @Option(help: ArgumentHelp("Open it by this key file, mode 0600 and yours.", valueName: "path"))
    var keyFile: String?

    @Option(help: ArgumentHelp("Open it by a key file that a container or service manager lends.", valueName: "path"))
    var sharedKeyFile: String?

    @Option(help: ArgumentHelp("Open it by the passphrase in this file, mode 0600 and yours.", valueName: "path"))
    var passphraseFile: String?

    @Option(help: ArgumentHelp("Open it by the passphrase in a file that is lent so.", valueName: "path"))
    var sharedPassphraseFile: String?

    @Option(help: ArgumentHelp("Open it by the passphrase that this descriptor gives.", valueName: "number"))
    var passphraseFd: Int32?

    @Option(
        help: ArgumentHelp("Open it by the passphrase that this command prints (/bin/sh -c).", valueName: "command")
    )
    var passphraseCommand: String?

    @Option(help: ArgumentHelp("Open it by the recovery code in this file, mode 0600 and yours.", valueName: "path"))
    var recovery: String?

    @Flag(
        help: "Take a vault that is older than it was when it was last seen here: it then counts as the newest state."
    )
    var acceptRollback = false

    @Flag(help: "Never ask for a passphrase: fail instead.")
    var noPrompt = false

    @Option(help: "How an error is told: text, or json on one line.")
    var errorFormat = ErrorFormat.text

    @Flag(name: Quiet.names, help: "Say nothing on standard error, errors apart.")
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

    /// What the command works with, about this vault.
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

    /// The same, with how token endpoints and API are reached.
    func context(_ connection: ConnectionOptions) -> CommandContext {
        var context = context
        context.vault.connection = connection.overrides
        return context
    }
}
