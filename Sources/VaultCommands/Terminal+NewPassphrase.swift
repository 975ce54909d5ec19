internal import IsogeoVault
internal import VaultCrypto

extension PassphrasePrompting {
    /// Asks for a new passphrase, twice; three times it may differ.
    func askNew(into passphrase: inout OutputSpan<UInt8>) throws(VaultError) {
        for attempt in 0..<3 {
            try ask((attempt == 0 ? "" : "They differ. ") + "New passphrase of the vault: ", into: &passphrase)
            let again = try SecretBytes(capacity: passphrase.capacity) {
                (output: inout OutputSpan<UInt8>) throws(VaultError) in
                try ask("The same again: ", into: &output)
            }
            if again.matches(passphrase.span) { return }
            passphrase.removeAll()
        }
        throw VaultError(.locked, "The two passphrases differed, three times.", remedy: "Run it again.")
    }
}
