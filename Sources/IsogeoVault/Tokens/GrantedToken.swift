internal import VaultCrypto
internal import VaultOAuth

/// A token that a server granted just now, and what it takes to keep it.
struct GrantedToken: Sendable {
    /// The body of the request that it answers.
    let request: [UInt8]
    let token: StoredToken
    /// Whether it may be kept; the server may give tokens for this moment alone.
    let isCacheable: Bool

    /// Asks for a token, once, and again where the failure may pass by itself.
    ///
    /// - Parameters:
    ///   - request: where and what for.
    ///   - metadata: who asks, and how.
    ///   - secret: lent to the header.
    ///   - dependencies: the network, the clock; warned of a lifetime that the server doesn't tell.
    ///   - interruption: ends it, where somebody holds one.
    /// - Throws: why there is no token.
    init(
        _ request: TokenRequest,
        for metadata: ApplicationMetadata,
        secret: borrowing SecretBytes,
        dependencies: VaultDependencies,
        interruption: Interruption? = nil
    ) throws(OAuthError) {
        // One clock for all: a lifetime counts from a moment of the clock that it is measured by.
        var clientDoors = TokenClient.Dependencies.system
        clientDoors.now = dependencies.now
        let grant = try TokenClient(transport: dependencies.transport, dependencies: clientDoors).token(
            for: request,
            clientID: metadata.clientID,
            secret: secret,
            encoding: metadata.encoding,
            connection: dependencies.connection(for: metadata, interruption)
        )
        if grant.lifetimeIsAssumed {
            dependencies.warn(.lifetimeUnknown, "The server doesn't say how long its token lives: an hour is assumed.")
        }
        self.request = request.body
        token = StoredToken(grant)
        isCacheable = grant.isCacheable
    }

    /// Refuses a token that doesn't live as long as it is wanted to.
    ///
    /// - Parameters:
    ///   - minimum: seconds that must be left; 0 takes any token.
    ///   - now: seconds since 1970.
    /// - Throws: `unexpectedAnswer`.
    func check(minimum: Int64, now: Int64) throws(VaultError) {
        guard minimum == 0 || token.lifetime.remaining(at: now) > minimum else {
            throw token.lifetime.tooShort(for: minimum)
        }
    }
}

extension TokenLifetime {
    /// The server grants less than somebody wants.
    func tooShort(for minimum: Int64) -> VaultError {
        VaultError(.lifetimeTooShort(seconds: seconds, minimum: minimum))
    }
}
