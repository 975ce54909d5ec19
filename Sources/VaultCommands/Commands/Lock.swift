internal import ArgumentParser
internal import IsogeoVault

/// Ends the session: `isogeo-vault lock`.
struct Lock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lock",
        abstract: "End the session: delete both halves of what opens the vault.",
        discussion: """
            It needs no key. It also says what still opens the vault without asking. Programs that have the vault open \
            keep it open.
            """
    )

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func run() async throws {
        let context = vault.context
        let ended = try await Vault.endSession(at: context.vault.path, dependencies: context.vaultDependencies)
        context.say(ended ? "The vault is locked." : "There was no session.")
        for way in try await Self.openWays(context) {
            context.say("It still opens without asking, by \(way).")
        }
    }

    private static func openWays(_ context: CommandContext) async throws(VaultError) -> [String] {
        let hasKeyring = try await Vault.status(at: context.vault.path).slots.contains { $0.kind == "keyring" }
        return [
            Unlocking.environment.namedKey.map { "\($0), which the environment names" },
            hasKeyring ? "the desktop keyring, while that is unlocked: lock the keyring too" : nil,
        ].compactMap(\.self)
    }
}
