internal import ArgumentParser
internal import IsogeoVault

/// Which vault, and how it is opened: the same for every command.
struct VaultOptions: ParsableArguments {
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

    @Option(help: ArgumentHelp("Open it by the passphrase that this descriptor gives.", valueName: "number"))
    var passphraseFd: Int32?

    @Option(
        help: ArgumentHelp("Open it by the passphrase that this command prints (/bin/sh -c).", valueName: "command")
    )
    var passphraseCommand: String?

    @Flag(help: "Never ask for a passphrase: fail instead.")
    var noPrompt = false

    @Flag(name: [.short, .long], help: "Say nothing on standard error, errors apart.")
    var quiet = false

    func validate() throws {
        guard named.count <= 1 else {
            throw ValidationError("Give one way to open the vault: the first one given is the only one tried.")
        }
        guard vault != "" else { throw ValidationError("--vault has no path.") }
    }

    private var named: [Unlocking] {
        [
            keyFile.map { .keyFile($0) },
            sharedKeyFile.map { .keyFile($0, shared: true) },
            passphraseFile.map { .passphraseFile($0) },
            passphraseFd.map { .passphraseDescriptor($0) },
            passphraseCommand.map { .passphraseCommand($0) },
        ].compactMap(\.self)
    }

    /// How the vault is opened: as the options say, else the environment, else by asking.
    func unlocking(_ context: Context) -> Unlocking {
        if let named = named.first { return named }
        guard !noPrompt, let terminal = context.terminal else { return .environment }
        return .environment { (passphrase) throws(VaultError) in
            try terminal.ask("Passphrase of the vault: ", into: &passphrase)
        }
    }

    /// Whether options or environment name a way to open it.
    var nameAWay: Bool { (named.first ?? .environment).isNamed }

    /// Says something to people, unless they want it quiet.
    func say(_ text: String, _ context: Context) {
        if !quiet { context.message(text) }
    }

    /// The world, with warnings said to people.
    func doors(_ context: Context) -> VaultDoors {
        var doors = context.doors
        if !quiet { doors.warn = { context.message("warning: \($0)") } }
        return doors
    }

    func open(_ context: Context) async throws(VaultError) -> Vault {
        try await Vault.open(at: vault, unlocking: unlocking(context), doors: doors(context))
    }
}
