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
        let askFor: @Sendable (String, inout OutputSpan<UInt8>) throws(VaultError) -> Void = {
            (text, secret) throws(VaultError) in
            try prompt(text, &secret)
            secret.removePasteMarks()
        }
        self.init(
            ask: { (request, secret) throws(VaultError) in
                switch request {
                case .passphrase: try askFor("Passphrase of the vault: ", &secret)
                case .recoveryCode: try askFor("Recovery code of the vault: ", &secret)
                case .slotPassphrase(let slot):
                    try askFor("Passphrase of the key slot \(slot.id), made \(slot.created.rfc3339): ", &secret)
                case .newPassphrase: try Self.askTwice(askFor, &secret)
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

extension OutputSpan<UInt8> {
    /// Takes off `ESC [ 2 0 0 ~` and `ESC [ 2 0 1 ~`, which a terminal sends around what is pasted into it.
    ///
    /// The second may come with the next answer, if a line end was pasted too. No key sends either.
    fileprivate mutating func removePasteMarks() {
        var (source, target) = (0, 0)
        while source < count {
            if span.isPasteMark(at: source) {
                source += 6
            } else {
                if source != target {
                    var bytes = mutableSpan
                    bytes.swapAt(source, target)
                }
                (source, target) = (source + 1, target + 1)
            }
        }
        removeLast(count - target)
    }
}

extension Span<UInt8> {
    fileprivate func isPasteMark(at index: Int) -> Bool {
        guard index + 6 <= count, self[index] == 0x1B, self[index + 1] == UInt8(ascii: "[") else { return false }
        let digits = (index + 2...index + 5).map { self[$0] }
        return digits == Array("200~".utf8) || digits == Array("201~".utf8)
    }
}
