internal import ArgumentParser
internal import IsogeoVault

/// A new key slot: what opens it.
struct NewKeyOptions: ParsableArguments {
    @Argument(help: "passphrase, keyring, key-file=PATH (made if missing), or recovery.")
    var way: ProtectArgument

    @Option(help: ArgumentHelp("The new passphrase is in this file, mode 0600 and yours.", valueName: "path"))
    var newPassphraseFile: String?

    @Option(help: ArgumentHelp("The new passphrase comes from this descriptor.", valueName: "number"))
    var newPassphraseFd: Int32?

    @Option(
        help: ArgumentHelp(
            "Write the recovery code to this file, mode 0600, instead of the terminal.",
            valueName: "path"
        )
    )
    var output: String?

    func validate() throws {
        guard newPassphraseFile == nil || newPassphraseFd == nil else {
            throw ValidationError("Give one source of the new passphrase.")
        }
        if case .passphrase = way {
        } else if newPassphraseFile != nil || newPassphraseFd != nil {
            throw ValidationError("A new passphrase goes with the way passphrase.")
        }
        if case .recovery = way {
        } else if output != nil {
            throw ValidationError("--output goes with the way recovery.")
        }
    }

    private func protection(_ context: CommandContext) throws(VaultError) -> Protection {
        switch way {
        case .keyFile(let path): return .keyFile(path)
        case .keyring: return context.keyringProtection(acceptingPlainText: true)
        case .passphrase, .recovery: break
        }
        if let path = newPassphraseFile { return try .by(.passphraseFile(path)) }
        if let descriptor = newPassphraseFd { return try .by(.passphraseDescriptor(descriptor)) }
        guard let ask = context.terminal()?.asking(for: .newPassphrase) else {
            throw VaultError(
                .usage,
                "Nobody can be asked for the new passphrase.",
                remedy: "Give it with --new-passphrase-file PATH or --new-passphrase-fd NUMBER."
            )
        }
        return try .passphrase(asking: ask)
    }

    // Never on standard output: the logs of CI keep that.
    private func show(_ code: Span<UInt8>, _ context: CommandContext) throws(VaultError) {
        if let output { return try PlaintextFile.make(output, code) }
        guard let show = context.terminal()?.show else {
            throw VaultError(
                .usage,
                "There is no terminal to show the recovery code on.",
                remedy: "Have it written to a file: --output PATH"
            )
        }
        try show(code)
    }

    func add(to vault: Vault, _ context: CommandContext) async throws(VaultError)
        -> VaultStatus.Slot
    {
        if case .recovery = way {
            return try await vault.addRecoveryCode { (code) throws(VaultError) in try show(code, context) }
        }
        return try await vault.addKey(try protection(context))
    }

    func change(_ slot: String, of vault: Vault, _ context: CommandContext)
        async throws(VaultError)
        -> VaultStatus.Slot
    {
        if case .recovery = way {
            return try await vault.replaceWithRecoveryCode(slot, interaction: context.interaction) {
                (code) throws(VaultError) in
                try show(code, context)
            }
        }
        return try await vault.changeKey(slot, to: try protection(context), interaction: context.interaction)
    }
}
