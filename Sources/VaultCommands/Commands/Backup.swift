internal import ArgumentParser
internal import IsogeoVault

/// Copies the vault: `isogeo-vault backup FILE`.
struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Write a consistent copy of the vault, without its cached tokens.",
        discussion: """
            The command opens every box first, and copies no damage. The copy is encrypted like the vault, and the \
            same keys open it; keep them apart from it.
            """
    )

    @Argument(help: "The file to make, in a folder of yours; missing folders are made, mode 0700.")
    var file: String

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func run() async throws {
        guard file != "-" else { throw VaultError(.backupOnStandardOutput) }
        let context = vault.context
        var progress = Progress(context)
        defer { progress.clear() }
        try await context.open().backup(to: file) { progress.show(applications: $0, of: $1) }
        progress.clear()
        context.say("Wrote the backup \(file).")
    }
}
