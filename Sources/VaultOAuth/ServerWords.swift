internal import VaultCrypto

/// What a server says, made fit to be shown: nothing that steers a terminal, no secret, no novel.
enum ServerWords {
    /// The most characters that are shown.
    static let limit = 300
    /// More than this isn't words; it is left out, since cutting it could leave half a secret.
    private static let sizeLimit = 16_384

    /// Cleans what a server said.
    ///
    /// - Parameters:
    ///   - words: bytes as they came.
    ///   - redactor: takes the secret out.
    /// - Returns: valid text of 1 … 300 characters; nil if there is nothing to show.
    static func clean(_ words: Span<UInt8>, redactor: borrowing Redactor) -> String? {
        guard words.count <= sizeLimit else { return nil }
        // A secret broken over lines is whole again without them; words on lines of their own stay apart.
        let joined = strip(words, separator: nil)
        let isBroken = joined.withBytes { redactor.finds(in: $0) }
        let stripped = isBroken ? joined : strip(words, separator: UInt8(ascii: " "))
        // Nothing is taken out behind this line: it could put a secret together again.
        return bounded(stripped.withBytes { redactor.redact($0) })
    }

    /// The same for an answer to a request that no secret went with.
    static func clean(_ words: Span<UInt8>) -> String? {
        guard words.count <= sizeLimit else { return nil }
        let stripped = strip(words, separator: UInt8(ascii: " "))
        return bounded(stripped.withBytes { bytes in bytes.indices.map { bytes[$0] } })
    }

    private static func bounded(_ words: [UInt8]) -> String? {
        let text = String(decoding: words, as: UTF8.self)
        guard text.contains(where: { $0 != " " }) else { return nil }
        return text.count > limit ? text.prefix(limit - 1) + "…" : text
    }

    /// Valid UTF-8 without control and format characters.
    private static func strip(_ words: Span<UInt8>, separator: UInt8?) -> SecretBytes {
        // An invalid byte becomes the three of U+FFFD.
        SecretBytes(capacity: 3 * words.count) { (output: inout OutputSpan<UInt8>) in
            var index = 0
            while index < words.count {
                let length = JSONString.sequenceLength(words, at: index)
                if length == 0 {
                    output.append(contentsOf: [0xEF, 0xBF, 0xBD].span)
                } else if isInvisible(words, at: index, length) {
                    if let separator, length == 1 { output.append(separator) }
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
