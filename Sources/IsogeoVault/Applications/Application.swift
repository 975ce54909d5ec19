internal import VaultOAuth

public import struct FoundationEssentials.Date

/// A group application in a vault: what may be shown of it.
public struct Application: Sendable, Equatable {
    /// Its name in this vault.
    public let name: ApplicationName
    /// The OAuth client_id (RFC 6749 §2.2): no secret.
    public let clientID: String
    /// Where its tokens are requested.
    public let tokenURI: String
    /// Scheme, host and port of `tokenURI`.
    public let tokenOrigin: String
    /// How id and secret are written into the Basic header.
    public let basicEncoding: NewApplication.BasicEncoding
    /// The scopes that its file spoke of.
    public let scopes: [String]
    /// The certificates that are trusted for it instead of the system's.
    public let caFile: String?
    /// The proxy for https, where the environment names none.
    public let proxy: String?
    /// Where the API lies that its tokens are for; nil where nobody said it, and the token endpoint isn't Isogeo's own.
    public let apiBase: String?
    /// The same, where somebody said it.
    package let recordedAPIBase: String?
    /// When it was first imported.
    public let created: Date
    /// When its secret was written.
    public let credentialWritten: Date
    /// When its cached tokens expire, the last first; empty in a list of applications.
    public let tokensExpire: [Date]

    init(_ metadata: ApplicationMetadata, tokens: [TokenLifetime] = []) {
        tokensExpire = tokens.map(\.expires).sorted(by: >).map { Date(timeIntervalSince1970: Double($0)) }
        name = metadata.name
        clientID = metadata.clientID
        tokenURI = metadata.endpoint.canonicalText
        tokenOrigin = metadata.endpoint.origin
        basicEncoding = metadata.encoding == .raw ? .raw : .form
        scopes = metadata.scopes
        caFile = metadata.caFile
        proxy = metadata.proxy?.text
        apiBase = metadata.knownAPIBase?.text
        recordedAPIBase = metadata.apiBase?.text
        created = Date(timeIntervalSince1970: Double(metadata.created))
        credentialWritten = Date(timeIntervalSince1970: Double(metadata.credentialWritten))
    }
}
