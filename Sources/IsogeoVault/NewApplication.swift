internal import VaultCrypto
internal import VaultOAuth

/// An application that is to be imported: what was read of it, and its secret.
struct NewApplication: ~Copyable, Sendable {
    let name: ApplicationName
    let clientID: String
    let secret: SecretBytes
    let endpoint: TokenEndpoint
    let encoding: BasicEncoding
    let authURI: String?
    let scopes: [String]
    let kind: String?
    let isogeoType: String?
    let caFile: String?

    /// What is stored of it beside the secret, with a new credential id.
    borrowing func metadata(now: Int64, created: Int64? = nil) -> ApplicationMetadata {
        ApplicationMetadata(
            name: name,
            credential: Sodium.randomBytes(16),
            clientID: clientID,
            endpoint: endpoint,
            encoding: encoding,
            authURI: authURI,
            scopes: scopes,
            kind: kind,
            isogeoType: isogeoType,
            caFile: caFile,
            created: created ?? now,
            credentialWritten: now
        )
    }
}
