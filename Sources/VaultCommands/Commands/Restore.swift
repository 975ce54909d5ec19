internal import ArgumentParser
internal import IsogeoVault

/// Restores a backup: `isogeo-vault restore FILE`.
struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Verify a backup, and put it in the vault's place.",
        discussion: """
            It needs a key of the backup. A vault that is there is copied first, to a file next to it. If that vault \
            is too damaged to be read, move it away by hand before.
            """
    )

    @Argument(help: "The backup.")
    var file: String

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func run() async throws {
        let context = vault.context
        let kept = try await openBackup(context).restore(to: context.vault.path)
        context.say("Restored the vault from \(file).")
        if let kept { context.say("The former vault is in \(kept).") }
    }

    private func openBackup(_ context: CommandContext) async throws(VaultError) -> Vault {
        var context = context
        context.vault.path = file
        // A backup is older than the vault: that is what it is for.
        context.vault.rollback = .ignored
        do {
            return try await context.open()
        } catch {
            switch error.code {
            case .noVault: throw VaultError(.noBackup(path: file))
            case .damaged: throw VaultError(.badBackup(error.problem, path: file))
            default: throw error
            }
        }
    }
}
