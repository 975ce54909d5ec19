internal import VaultOAuth

/// A token that a credential gave just now: the proof that it works.
struct TokenProof: Sendable {
    /// The body of the request that it answers.
    let request: [UInt8]
    /// Nil when the server gave one that may not be kept.
    let token: CachedToken?

    /// Asks for a token with a credential that isn't in the vault yet.
    ///
    /// - Throws: `credentialRefused`, and whatever else can keep a token from being given.
    init(of application: borrowing NewApplication, scope: String? = nil, doors: VaultDoors) throws(VaultError) {
        let metadata = application.metadata(now: doors.now())
        do throws(OAuthError) {
            let request = try TokenRequest(endpoint: metadata.endpoint, scope: scope)
            doors.log(.asking(metadata.name, endpoint: metadata.endpoint.origin))
            let grant = try application.withSecret { (secret) throws(OAuthError) in
                try TokenClient(transport: doors.transport).token(
                    for: request,
                    clientID: metadata.clientID,
                    secret: secret,
                    encoding: metadata.encoding,
                    connection: ConnectionSettings(caFile: metadata.caFile)
                )
            }
            doors.log(.granted(metadata.name, seconds: Int64(grant.lifetime)))
            self.request = request.body
            token = grant.isCacheable ? CachedToken(grant) : nil
        } catch {
            throw VaultError(error)
        }
    }
}
