package import VaultCrypto

/// How id and secret are written before Base64: servers differ, and none says which it takes.
package enum BasicEncoding: String, Sendable, CaseIterable {
    /// As they are (RFC 7617), which is what Isogeo and most providers take.
    case raw
    /// Form-encoded first, as RFC 6749 §2.3.1 prescribes.
    case form
}

/// The header `Authorization: Basic …` of one id and secret, in guarded memory.
package struct BasicCredentials: ~Copyable, Sendable {
    /// The header line and a NUL behind it, as C takes it.
    private let line: SecretBytes
    private static let prefix = "Authorization: Basic "

    /// Builds the header.
    ///
    /// - Parameters:
    ///   - clientID: any text without control characters; under `raw` without `:` (RFC 7617 §2).
    ///   - secret: any bytes without control characters.
    ///   - encoding: how both are written before Base64.
    /// - Throws: `OAuthError.credentials`.
    package init(clientID: String, secret: borrowing SecretBytes, encoding: BasicEncoding) throws(OAuthError) {
        let user = Array(clientID.utf8)
        guard !user.isEmpty else { throw .credentials(.emptyClientID) }
        guard secret.count > 0 else { throw .credentials(.emptySecret) }
        guard !user.span.containsControlCharacter else { throw .credentials(.controlCharacterInClientID) }
        guard secret.withBytes({ !$0.containsControlCharacter }) else {
            throw .credentials(.controlCharacterInSecret)
        }
        guard encoding == .form || !user.contains(UInt8(ascii: ":")) else { throw .credentials(.colonInClientID) }
        let pair =
            switch encoding {
            case .raw: secret.withBytes { Self.pair(user.span, $0) }
            case .form:
                secret.withBytes { bytes in
                    FormEncoding.encode(secret: bytes).withBytes { Self.pair(FormEncoding.encode(clientID).span, $0) }
                }
            }
        let encoded = pair.withBytes { Base64.encode($0) }
        let prefix = Array(Self.prefix.utf8)
        line = encoded.withBytes { encoded in
            SecretBytes(capacity: prefix.count + encoded.count + 1) { (output: inout OutputSpan<UInt8>) in
                output.append(contentsOf: prefix.span)
                output.append(contentsOf: encoded)
                output.append(0)
            }
        }
    }

    /// Runs `body` with the header line, without line end.
    package borrowing func withHeader<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try line.withBytes(in: 0..<line.count - 1, body)
    }

    /// Runs `body` with the Base64 text alone.
    borrowing func withEncodedPair<Result: ~Copyable>(_ body: (Span<UInt8>) -> Result) -> Result {
        line.withBytes(in: Self.prefix.utf8.count..<line.count - 1, body)
    }

    /// Runs `body` with the header line and the NUL behind it.
    borrowing func withTerminatedHeader<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try line.withBytes(body)
    }

    /// Whether the two encodings make different headers of this pair: then the server's taste matters.
    package static func encodingMatters(clientID: String, secret: borrowing SecretBytes) -> Bool {
        FormEncoding.changes(Array(clientID.utf8).span) || secret.withBytes { FormEncoding.changes($0) }
    }

    private static func pair(_ user: Span<UInt8>, _ password: Span<UInt8>) -> SecretBytes {
        SecretBytes(capacity: user.count + 1 + password.count) { (output: inout OutputSpan<UInt8>) in
            output.append(contentsOf: user)
            output.append(UInt8(ascii: ":"))
            output.append(contentsOf: password)
        }
    }
}

/// Why an id and secret can't be sent.
package enum CredentialsProblem: Equatable, Sendable, CaseIterable {
    case emptyClientID, emptySecret, colonInClientID, controlCharacterInClientID, controlCharacterInSecret
}

extension Span<UInt8> {
    /// Whether one of the bytes is a control character of ASCII, or a pair of them one of Latin-1 in UTF-8 (C1).
    var containsControlCharacter: Bool {
        for index in indices {
            if self[index] < 0x20 || self[index] == 0x7F { return true }
            if self[index] == 0xC2, index + 1 < count, 0x80...0x9F ~= self[index + 1] { return true }
        }
        return false
    }
}
