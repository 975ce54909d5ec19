internal import VaultCrypto

/// What a server says, made fit to be shown: nothing that steers a terminal, no secret, no novel.
package enum ServerWords: Equatable, Sendable {
    /// Valid text of 1 … 300 characters.
    case text(String)
    /// The words hold something like the secret.
    case withheld

    /// The most characters that are shown.
    static let limit = 300
    /// More than this isn't words; it is left out, since cutting it could leave half a secret.
    private static let sizeLimit = 16_384

    /// Cleans what a server said.
    ///
    /// - Parameters:
    ///   - words: bytes as they came.
    ///   - echo: what must not be shown.
    /// - Returns: nil if there is nothing to show.
    static func clean(_ words: Span<UInt8>, without echo: SecretEcho) -> ServerWords? {
        guard words.count <= sizeLimit else { return nil }
        guard !echo.isIn(words: words) else { return .withheld }
        let stripped = strip(words)
        return bounded(stripped.withBytes { bytes in bytes.indices.map { bytes[$0] } }).map { .text($0) }
    }

    private static func bounded(_ words: [UInt8]) -> String? {
        let text = String(decoding: words, as: UTF8.self)
        guard text.contains(where: { $0 != " " }) else { return nil }
        return text.count > limit ? text.prefix(limit - 1) + "…" : text
    }

    /// Valid UTF-8, with a space in place of each control character of one byte, and without format characters.
    private static func strip(_ words: Span<UInt8>) -> SecretBytes {
        // An invalid byte becomes the three of U+FFFD.
        SecretBytes(capacity: 3 * words.count) { (output: inout OutputSpan<UInt8>) in
            var index = 0
            while index < words.count {
                let length = JSONString.sequenceLength(words, at: index)
                if length == 0 {
                    output.append(contentsOf: [0xEF, 0xBF, 0xBD].span)
                } else if isInvisible(words, at: index, length) {
                    if length == 1 { output.append(UInt8(ascii: " ")) }
                } else {
                    output.append(contentsOf: words.extracting(index..<index + length))
                }
                index += max(length, 1)
            }
        }
    }

    private static func isInvisible(_ words: Span<UInt8>, at index: Int, _ length: Int) -> Bool {
        var scalars = UTF8.ForwardParser()
        var bytes = (index..<index + length).map { words[$0] }.makeIterator()
        guard case .valid(let encoded) = scalars.parseScalar(from: &bytes) else { return true }
        return UTF8.decode(encoded).isInvisible
    }
}

extension ServerWords {
    /// What may be shown; nil where it is withheld.
    package var shown: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }
}

extension ServerWords: ExpressibleByStringLiteral {
    package init(stringLiteral text: String) { self = .text(text) }
}
