package import VaultCrypto

/// Recognises a secret in what a server sends back, whatever it has made of it.
///
/// It keeps no byte of the secret, but keyed hashes of all its runs of 12 bytes: as it stands, of its letters and
/// digits alone in lower case, in hexadecimal digits, and in Base64 at each of the three alignments, form-encoded too.
/// What is looked at is unquoted in turn (percent signs, HTML, `\u`), so that mixtures are found. The server knows the
/// secret and could send it in a way that nothing recognises: this is about those that quote.
package struct SecretEcho: Sendable {
    /// How many bytes a text must have in common with the secret, or with what was made of it.
    private static let runLength = 12
    /// Shorter ones than this are in many a word: they are looked for in words, which can be withheld, not in tokens.
    private static let shortestInToken = 8
    /// How often a text is unquoted: one layer more than was seen.
    private static let layerLimit = 3

    private let hash = ShortHash()
    /// The hashes of all runs, by the length of these: 12, but for what a short secret becomes.
    private var runs: [Int: Set<UInt64>] = [:]
    /// The hash of the secret itself, which may be shorter than any run.
    private let whole: UInt64

    /// - Parameters:
    ///   - secret: what must not be shown.
    ///   - clientID: what may be: a run that both have is no secret.
    package init(secret: borrowing SecretBytes, clientID: String) {
        whole = secret.withBytes { [hash] in hash($0) }
        let shown = Array(clientID.utf8)
        var known: [Int: Set<UInt64>] = [:]
        Self.forEachForm(of: shown.span) { add($0, to: &known) }
        secret.withBytes { secret in Self.forEachForm(of: secret) { add($0, to: &runs) } }
        for (length, hashes) in known { runs[length]?.subtract(hashes) }
    }

    /// For what an API says, which knows the token.
    package init(token: String) { self.init(secret: SecretBytes(copying: Array(token.utf8).span), clientID: "") }

    /// Whether a part of the secret is in words.
    package func isIn(words text: Span<UInt8>) -> Bool { isIn(text, from: 1) }

    /// Whether a part of the secret is in a token, where very short ones may be by chance.
    package func isIn(token: Span<UInt8>) -> Bool { hash(token) == whole || isIn(token, from: Self.shortestInToken) }

    private func isIn(_ text: Span<UInt8>, from shortest: Int) -> Bool {
        guard !hasRun(text, from: shortest) else { return true }
        var layers = 0
        var layer = QuotedText.unquoted(text)
        while let unquoted = layer, layers < Self.layerLimit {
            guard !unquoted.withBytes({ hasRun($0, from: shortest) }) else { return true }
            layer = unquoted.withBytes { QuotedText.unquoted($0) }
            layers += 1
        }
        return false
    }

    private func hasRun(_ text: Span<UInt8>, from shortest: Int) -> Bool {
        let folded = QuotedText.folded(text)
        return runs.contains { length, hashes in
            length >= shortest
                && (Self.hasRun(text, length, hash, hashes)
                    || folded.withBytes { Self.hasRun($0, length, hash, hashes) })
        }
    }

    private static func hasRun(_ text: Span<UInt8>, _ length: Int, _ hash: ShortHash, _ hashes: Set<UInt64>) -> Bool {
        var start = 0
        while start + length <= text.count {
            if hashes.contains(hash(text.extracting(start..<start + length))) { return true }
            start += 1
        }
        return false
    }

    // MARK: - What becomes of a secret

    private func add(_ form: Span<UInt8>, to runs: inout [Int: Set<UInt64>]) {
        let length = min(Self.runLength, form.count)
        guard length > 0 else { return }
        for start in 0...form.count - length {
            runs[length, default: []].insert(hash(form.extracting(start..<start + length)))
        }
    }

    /// Calls `body` with all that is looked for.
    private static func forEachForm(of text: Span<UInt8>, _ body: (Span<UInt8>) -> Void) {
        body(text)
        // A short form is looked for only if it is all of a text, and not what punctuation leaves of it.
        func addFolded(_ form: borrowing SecretBytes, of whole: Int) {
            let folded = form.withBytes { QuotedText.folded($0) }
            guard folded.count >= min(runLength, max(whole, 1)) else { return }
            folded.withBytes(body)
        }
        addFolded(SecretBytes(copying: text), of: text.count)
        addFolded(Hexadecimal.encode(text), of: runLength)
        let formEncoded = FormEncoding.encode(secret: text)
        for alignment in 0..<3 {
            addFolded(base64(text, at: alignment), of: shortestInToken)
            guard FormEncoding.changes(text) else { continue }
            addFolded(formEncoded.withBytes { base64($0, at: alignment) }, of: shortestInToken)
        }
    }

    /// The digits of Base64 that depend on `text` alone where so many bytes stand before it, and any behind it.
    private static func base64(_ text: Span<UInt8>, at alignment: Int) -> SecretBytes {
        let padded = SecretBytes(capacity: alignment + text.count) { (output: inout OutputSpan<UInt8>) in
            output.append(repeating: 0, count: alignment)
            output.append(contentsOf: text)
        }
        let digits = padded.withBytes { Base64.encode($0) }
        // Six bits a digit: those that hold a bit of a neighbour are left out.
        let first = (alignment * 8 + 5) / 6
        let end = padded.count * 8 / 6
        return digits.withBytes(in: min(first, end)..<end) { SecretBytes(copying: $0) }
    }
}
