internal import ArgumentParser
internal import IsogeoVault

/// A new key slot: what opens it.
struct NewKeyOptions: ParsableArguments {
    @Argument(help: "passphrase, key-file=PATH (made if missing), or recovery.")
    var way: ProtectArgument

    @Option(help: ArgumentHelp("The new passphrase is in this file, mode 0600 and yours.", valueName: "path"))
    var newPassphraseFile: String?

    @Option(help: ArgumentHelp("The new passphrase comes from this descriptor.", valueName: "number"))
    var newPassphraseFd: Int32?

    @Option(help: ArgumentHelp("Write the recovery code to this file, mode 0600, instead of the terminal.", valueName: "path"))
    var output: String?

    func validate() throws {
        guard newPassphraseFile == nil || newPassphraseFd == nil else {
            throw ValidationError("Give one source of the new passphrase.")
        }
        if case .passphrase = way {} else if newPassphraseFile != nil || newPassphraseFd != nil {
            throw ValidationError("A new passphrase goes with the way passphrase.")
        }
        if case .recovery = way {} else if output != nil {
            throw ValidationError("--output goes with the way recovery.")
        }
    }

    func add(to vault: Vault, _ context: Context) async throws(VaultError) -> VaultStatus.Slot {
        if case .recovery = way {
            return try await vault.addRecoveryCode { (code) throws(VaultError) in try show(code, context) }
        }
        return try await vault.addKey(try protection(context))
    }

    func change(_ slot: String, of vault: Vault, _ context: Context) async throws(VaultError) -> VaultStatus.Slot {
        if case .recovery = way {
            return try await vault.addRecoveryCode(replacing: slot) { (code) throws(VaultError) in
                try show(code, context)
            }
        }
        return try await vault.changeKey(slot, to: try protection(context))
    }
}
