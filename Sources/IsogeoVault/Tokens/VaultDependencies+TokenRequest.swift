internal import VaultCrypto
internal import VaultHTTP
internal import VaultOAuth
internal import VaultSystem

extension VaultDependencies {
    /// Makes ready what a request needs, on another thread: one will come soon.
    package func prepareForRequest() { transport.prepare() }

    /// Requests a token, and repeats the request where the failure may pass by itself.
    ///
    /// - Parameters:
    ///   - request: endpoint and parameters.
    ///   - metadata: the client, and how to reach its server.
    ///   - secret: read for the Basic header only.
    ///   - timeLimit: what is left of the call's time; nil for all of it.
    ///   - interruption: ends the request from another thread.
    /// - Returns: the grant; a lifetime that the server doesn't state is assumed, with a warning.
    /// - Throws: why there is no token; `clockOutOfRange` before any request.
    func requestToken(
        _ request: TokenRequest,
        for metadata: ApplicationMetadata,
        secret: borrowing SecretBytes,
        timeLimit: Duration? = nil,
        interruption: Interruption? = nil
    ) throws(OAuthError) -> TokenGrant {
        // Before the request: its token would be lost.
        guard SystemClock.range.contains(now()) else { throw .configuration(.clockOutOfRange) }
        // The grant's clock is the vault's: a lifetime counts from a moment of the clock that measures it later.
        var clientDependencies = TokenClient.Dependencies.system
        clientDependencies.now = now
        var connection = try connection(for: metadata, interruption)
        if let timeLimit { connection.timeLimit = timeLimit }
        let grant = try TokenClient(transport: transport, dependencies: clientDependencies).token(
            for: request,
            clientID: metadata.clientID,
            secret: secret,
            encoding: metadata.encoding,
            connection: connection
        )
        if grant.lifetimeIsAssumed { warn(of: .lifetimeAssumed) }
        return grant
    }
}
