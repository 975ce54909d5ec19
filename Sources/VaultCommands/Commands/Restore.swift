internal import ArgumentParser
internal import IsogeoVault

/// Puts a copy back: `isogeo-vault restore FILE`.
struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put a backup into the vault's place, after it was verified.",
        discussion: """
            The key is the backup's. What lies in the vault's place is copied beside it first. A vault that is too \
            damaged to be read must be moved away by hand before.
            """
    )

    @Argument(help: "The backup.")
    var file: String

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func run() async throws {
        let context = vault.context
        let kept = try await openBackup(context).restore(to: context.vault.path)
        context.say("The vault is again as \(file) has it.")
        if let kept { context.say("What was there before is in \(kept).") }
    }

    private func openBackup(_ context: CommandContext) async throws(VaultError) -> Vault {
        var context = context
        context.vault.path = file
        // A backup is older than the vault: that is what it is for.
        context.vault.rollback = .ignored
        do {
            return try await context.open()
        } catch {
            guard error.code == .noVault else { throw error }
            throw VaultError(.noBackup(path: file))
        }
    }
}
