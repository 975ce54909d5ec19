package import VaultCrypto

/// Takes the secret out of what a server says, should it send it back.
///
/// It looks for the secret, its form-encoded text and the Base64 of the header, over bytes in guarded memory.
package struct Redactor: ~Copyable, Sendable {
    private let secret: SecretBytes
    private let formEncoded: SecretBytes
    private let encodedPair: SecretBytes

    /// Below this length a secret is found in ordinary words, and what stands around the gaps would tell it.
    private static let shortestToCutOut = 8

    package init(secret: borrowing SecretBytes, credentials: borrowing BasicCredentials) {
        self.secret = secret.withBytes { SecretBytes(copying: $0) }
        formEncoded = secret.withBytes { FormEncoding.encode(secret: $0) }
        encodedPair = credentials.withEncodedPair { SecretBytes(copying: $0) }
    }

    /// Whether one of the three is in `text`, short secrets left out.
    package borrowing func finds(in text: Span<UInt8>) -> Bool {
        text.indices.contains { index in
            let length = matchLength(text, at: index)
            return length >= Self.shortestToCutOut
        }
    }

    /// `text` with `[redacted]` in place of each of the three.
    package borrowing func redact(_ text: Span<UInt8>) -> [UInt8] {
        let replacement = Array("[redacted]".utf8)
        var result: [UInt8] = []
        var position = 0
        while position < text.count {
            let length = matchLength(text, at: position)
            guard length > 0 else {
                result.append(text[position])
                position += 1
                continue
            }
            if length < Self.shortestToCutOut { return replacement }
            result += replacement
            position += length
        }
        return result
    }

    /// The length of the longest of the three that stands at `start`; 0 if none does.
    private borrowing func matchLength(_ text: Span<UInt8>, at start: Int) -> Int {
        max(
            encodedPair.withBytes { Self.matchLength($0, text, at: start) },
            formEncoded.withBytes { Self.matchLength($0, text, at: start) },
            secret.withBytes { Self.matchLength($0, text, at: start) }
        )
    }

    private static func matchLength(_ needle: Span<UInt8>, _ text: Span<UInt8>, at start: Int) -> Int {
        guard needle.count > 0, text.count - start >= needle.count else { return 0 }
        for index in needle.indices where needle[index] != text[start + index] { return 0 }
        return needle.count
    }
}
