internal import VaultCrypto
internal import VaultOAuth

/// A token, as its box holds it.
struct StoredToken: Equatable, Sendable {
    let value: String
    let lifetime: TokenLifetime

    private static let version: UInt64 = 1

    init(value: String, lifetime: TokenLifetime) {
        self.value = value
        self.lifetime = lifetime
    }

    init(_ grant: TokenGrant) {
        let lifetime = TokenLifetime(asked: grant.requestedAt, grantedSeconds: Int64(grant.lifetime))
        self.init(value: grant.accessToken, lifetime: lifetime)
    }

    var encoded: [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.append(Self.version)
        encoder.append(value)
        encoder.append(lifetime.asked)
        encoder.append(lifetime.expires)
        return encoder.bytes
    }

    init(encoded: [UInt8]) throws(CryptoError) {
        var decoder = CanonicalDecoder(encoded)
        guard try decoder.nextNumber() == Self.version else { throw .malformedEncoding }
        value = try decoder.nextText()
        lifetime = TokenLifetime(asked: try decoder.nextSignedNumber(), expires: try decoder.nextSignedNumber())
        try decoder.finish()
    }
}
