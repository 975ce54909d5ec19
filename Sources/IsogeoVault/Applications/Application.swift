internal import VaultHTTP
internal import VaultOAuth

public import struct FoundationEssentials.Date

/// A group application in a vault, without its secret.
public struct Application: Sendable, Equatable {
    /// Its name in this vault.
    public let name: ApplicationName
    /// The OAuth client_id (RFC 6749 §2.2): no secret.
    public let clientID: String
    /// The token endpoint.
    public let tokenURI: String
    /// Scheme, host and port of `tokenURI`.
    public let tokenOrigin: String
    /// The encoding of id and secret in the Basic header.
    public let basicEncoding: NewApplication.BasicEncoding
    /// The scopes in the imported file.
    public let scopes: [String]
    /// The file with the certificates to trust for its endpoint instead of the system's.
    public let caFile: String?
    /// Whether the vault keeps those certificates, as they were in the file; else the file is read for each request, as
    /// an earlier version has it.
    public let keepsCertificates: Bool
    /// The certificates that it keeps, where they were read.
    let keptCAFile: CAFile?
    /// The proxy for https if the environment names none.
    public let proxy: String?
    /// The address of the API that accepts its tokens; nil if it wasn't recorded and the endpoint isn't Isogeo's own.
    public let apiBase: String?
    /// The same, if it was recorded.
    package let recordedAPIBase: String?
    /// When it was first imported.
    public let created: Date
    /// When its secret was written.
    public let credentialWritten: Date
    /// When its cached tokens expire, the latest first.
    public let tokensExpire: [Date]
    /// The state of its row when it was read.
    let reading: Reading

    /// Which writing of a row was read: no two have one digest.
    ///
    /// It is no part of what an application is.
    struct Reading: Sendable, Equatable {
        let digest: [UInt8]

        static func == (_: Self, _: Self) -> Bool { true }
    }

    /// An application as it was read, with its certificates where `metadata` has them.
    init(_ application: StoredApplication, _ metadata: ApplicationMetadata? = nil, tokens: [TokenLifetime]) {
        let metadata = metadata ?? application.metadata
        reading = Reading(digest: application.digest)
        tokensExpire = tokens.map(\.expires).sorted(by: >).map { Date(timeIntervalSince1970: Double($0)) }
        name = metadata.name
        clientID = metadata.clientID
        tokenURI = metadata.endpoint.canonicalText
        tokenOrigin = metadata.endpoint.origin
        basicEncoding = metadata.encoding == .raw ? .raw : .form
        scopes = metadata.scopes
        caFile = metadata.caFile
        keptCAFile = metadata.certificates?.content.flatMap { content in
            metadata.caFile.map { CAFile(path: $0, certificates: content) }
        }
        keepsCertificates = metadata.certificates != nil
        proxy = metadata.proxy?.text
        apiBase = metadata.knownAPIBase?.text
        recordedAPIBase = metadata.apiBase?.text
        created = Date(timeIntervalSince1970: Double(metadata.created))
        credentialWritten = Date(timeIntervalSince1970: Double(metadata.credentialWritten))
    }
}
