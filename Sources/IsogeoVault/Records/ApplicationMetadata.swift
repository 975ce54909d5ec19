internal import VaultCrypto
internal import VaultHTTP
internal import VaultOAuth

/// Certificates in PEM that the vault keeps, in a box next to the metadata: what only a request needs, a cached token
/// doesn't read.
struct KeptCertificates: Equatable, Sendable {
    /// 16 random bytes, new whenever certificates are written.
    let id: [UInt8]
    /// Nil until they are read.
    var content: [UInt8]?

    init(id: [UInt8]) { self.id = id }

    init(_ caFile: CAFile) {
        id = Sodium.randomBytes(16)
        content = caFile.certificates
    }
}

/// An application without its secret.
struct ApplicationMetadata: Equatable, Sendable {
    var name: ApplicationName
    /// 16 random bytes, new with each secret: the id of a token depends on it, so that no secret finds another's
    /// tokens.
    var credential: [UInt8]
    var clientID: String
    var endpoint: TokenEndpoint
    var encoding: BasicEncoding
    var authURI: String?
    var scopes: [String]
    var kind: String?
    var isogeoType: String?
    /// The absolute path of the file with the certificates to trust instead of the system's.
    var caFile: String?
    /// Seconds since 1970; so are all times here.
    var created: Int64
    var credentialWritten: Int64
    /// The proxy for https where the environment names none.
    var proxy: ProxyAddress?
    /// The address of the API that was given; nil derives it from the token endpoint.
    var apiBase: APIBase?
    /// The certificates themselves, as they were in that file; nil where an earlier version kept the path alone.
    var certificates: KeptCertificates?

    // Version 2 has two more fields, and version 3 another one. Without them it stays what earlier programs read.
    private var version: UInt64 {
        guard certificates == nil else { return 3 }
        return proxy == nil && apiBase == nil ? 1 : 2
    }

    var encoded: [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.append(version)
        encoder.append(name.description)
        encoder.append(credential)
        encoder.append(clientID)
        encoder.append(endpoint.canonicalText)
        encoder.append(encoding.rawValue)
        encoder.append(authURI ?? "")
        // RFC 6749 §3.3: no scope holds a space.
        encoder.append(scopes.joined(separator: " "))
        encoder.append(kind ?? "")
        encoder.append(isogeoType ?? "")
        encoder.append(caFile ?? "")
        encoder.append(created)
        encoder.append(credentialWritten)
        guard version > 1 else { return encoder.bytes }
        encoder.append(proxy?.text ?? "")
        encoder.append(apiBase?.text ?? "")
        if let certificates { encoder.append(certificates.id) }
        return encoder.bytes
    }
}

extension ApplicationMetadata {
    /// Reads what `encoded` wrote.
    init(encoded: [UInt8]) throws(CryptoError) {
        var decoder = CanonicalDecoder(encoded)
        let version = try decoder.nextNumber()
        guard 1...3 ~= version, let name = ApplicationName(try decoder.nextText()) else {
            throw .malformedEncoding
        }
        self.name = name
        credential = try decoder.next()
        clientID = try decoder.nextText()
        let address = try decoder.nextText()
        guard let endpoint = try? TokenEndpoint(address) else { throw .malformedEncoding }
        self.endpoint = endpoint
        guard let encoding = BasicEncoding(rawValue: try decoder.nextText()) else { throw .malformedEncoding }
        self.encoding = encoding
        authURI = try decoder.nextOptionalText()
        scopes = try decoder.nextText().split(separator: " ").map(String.init)
        kind = try decoder.nextOptionalText()
        isogeoType = try decoder.nextOptionalText()
        caFile = try decoder.nextOptionalText()
        created = try decoder.nextSignedNumber()
        credentialWritten = try decoder.nextSignedNumber()
        if version > 1 {
            proxy = try decoder.nextOptional { try? ProxyAddress($0) }
            apiBase = try decoder.nextOptional { try? APIBase($0) }
            guard version > 2 || proxy != nil || apiBase != nil else { throw .malformedEncoding }
        }
        if version > 2 {
            let id = try decoder.next()
            guard caFile != nil, id.count == 16 else { throw .malformedEncoding }
            certificates = KeptCertificates(id: id)
        }
        try decoder.finish()
    }
}

extension CanonicalDecoder {
    /// Reads the next text, which must be in its canonical form; an empty one is nil.
    fileprivate mutating func nextOptional<Value: CustomStringConvertible>(_ read: (String) -> Value?)
        throws(CryptoError) -> Value?
    {
        let text = try nextText()
        guard !text.isEmpty else { return nil }
        guard let value = read(text), value.description == text else { throw .malformedEncoding }
        return value
    }

    /// The next text; an empty one is nil.
    fileprivate mutating func nextOptionalText() throws(CryptoError) -> String? {
        let text = try nextText()
        return text.isEmpty ? nil : text
    }
}
