package import IsogeoVault
internal import VaultCrypto

extension UserInteraction {
    /// Asks with prompts, a line each.
    ///
    /// - Parameters:
    ///   - prompt: shows its text and appends what is typed, without the line end.
    ///   - show: shows a recovery code.
    package init(
        prompting prompt: @escaping @Sendable (String, inout OutputSpan<UInt8>) throws(VaultError) -> Void,
        showing show: @escaping Showing
    ) {
        self.init(
            ask: { (request, secret) throws(VaultError) in
                switch request {
                case .passphrase: try prompt("Passphrase of the vault: ", &secret)
                case .recoveryCode: try prompt("Recovery code of the vault: ", &secret)
                case .slotPassphrase(let slot):
                    try prompt("Passphrase of the key slot \(slot.id), made \(slot.created.rfc3339): ", &secret)
                case .newPassphrase: try Self.askTwice(prompt, &secret)
                }
            },
            show: show
        )
    }

    /// Asks for a new passphrase, twice; it gives up when the two differ for the third time.
    private static func askTwice(
        _ prompt: (String, inout OutputSpan<UInt8>) throws(VaultError) -> Void,
        _ passphrase: inout OutputSpan<UInt8>
    ) throws(VaultError) {
        for attempt in 0..<3 {
            try prompt((attempt == 0 ? "" : "They differ. ") + "New passphrase of the vault: ", &passphrase)
            let again = try SecretBytes(capacity: passphrase.capacity) {
                (output: inout OutputSpan<UInt8>) throws(VaultError) in
                try prompt("The same again: ", &output)
            }
            if again.matches(passphrase.span) { return }
            passphrase.removeAll()
        }
        throw VaultError(.passphrasesDiffer)
    }
}
