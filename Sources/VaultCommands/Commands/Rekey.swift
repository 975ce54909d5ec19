internal import ArgumentParser
internal import IsogeoVault
internal import VaultSystem

/// Gives the vault a new key: `isogeo-vault rekey`.
struct Rekey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rekey",
        abstract: "Give the vault a new key and seal everything in it anew.",
        discussion: """
            For the day when a key and a copy of the vault may have leaked. With a new secret from Isogeo (rotate) it \
            makes both worthless. It writes nothing before all is known: what opens the vault stays, and for each \
            other key slot an option says whether it stays. On a terminal it asks for the other passphrases. A session \
            isn't enough for this: it needs a key.

            A key file gets a new key, and the old one is kept next to it, because older backups open with that. A key \
            in the desktop keyring is replaced and deleted: older backups need another key. A new recovery code \
            replaces the old ones. Sessions end, and programs that have the vault open must open it again.
            """
    )

    @Option(help: ArgumentHelp("Keep the slot that the passphrase in this file opens.", valueName: "path"))
    var keepPassphraseFile: [String] = []

    @Option(help: ArgumentHelp("Keep the slot that this key file opens; it gets a new key.", valueName: "path"))
    var keepKeyFile: [String] = []

    @Option(help: ArgumentHelp("Drop this slot: the beginning of its id.", valueName: "id"))
    var dropSlot: [String] = []

    @Option(
        help: ArgumentHelp(
            "Write the new recovery code to this file, mode 0600, instead of the terminal.",
            valueName: "path"
        )
    )
    var output: String?

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func run() async throws {
        guard output != "-" else { throw VaultError(.secretOnStandardOutput) }
        let context = vault.context
        if let output { try Vault.checkIsNew(codeFile: output) }
        var interaction = context.interaction
        // --no-prompt forbids questions; it doesn't forbid showing a code.
        interaction.show = output == nil ? context.terminal()?.show : nil
        interaction.codeFile = output
        let result = try await Vault.rekey(
            at: context.vault.path,
            unlocking: context.unlocking,
            keeping: keepPassphraseFile.map { .passphraseFile($0) } + keepKeyFile.map { .keyFile($0) },
            dropping: dropSlot,
            interaction: interaction,
            dependencies: context.vaultDependencies
        )
        report(result, context)
    }

    private func report(_ result: Rekeying, _ context: CommandContext) {
        if let output, !result.slots.contains(where: { $0.kind == "recovery" }) {
            context.say(
                "No recovery code was made, and \(output) wasn't written: the vault had none. Make one: isogeo-vault key "
                    + "add recovery --output \(output.shellWord)"
            )
        }
        let slots = result.slots.map { "\($0.kind) \($0.id)" }.joined(separator: ", ")
        context.say("The vault has a new key. These key slots open it: \(slots).")
        for path in result.formerKeyFiles {
            context.say("The old key is in \(path): it opens older backups, and this vault no more.")
        }
    }
}
