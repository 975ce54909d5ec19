internal import VaultOAuth

/// The proof that a credential works: a token that the server just granted for it.
///
/// `Vault.add` stores it with the application, so that the first caller needs no request.
public struct ProvenToken: Sendable {
    let grant: TokenGrant
    /// The body of the request that the server granted.
    let request: [UInt8]
    /// The `NewApplication` that was proven.
    private let application: [UInt8]

    /// Requests a token with a credential that isn't in a vault yet; it blocks.
    ///
    /// - Throws: `credentialRefused`; what else `VaultDependencies.requestToken` throws.
    init(of application: borrowing NewApplication, _ options: TokenOptions, dependencies: VaultDependencies)
        throws(VaultError)
    {
        let metadata = application.metadata(now: dependencies.now())
        do throws(OAuthError) {
            let request = try options.request(to: metadata.endpoint)
            grant = try application.withSecret { (secret) throws(OAuthError) in
                try dependencies.requestToken(request, for: metadata, secret: secret)
            }
            self.request = request.body
        } catch {
            throw VaultError(error, asking: metadata)
        }
        self.application = application.id
    }

    /// Refuses the proof of another application, whose token would be returned for this one.
    func check(_ application: borrowing NewApplication) throws(VaultError) {
        guard self.application == application.id else {
            throw VaultError(.proofOfAnother)
        }
    }
}

extension NewApplication {
    /// Proves that the credential works, by requesting a token.
    ///
    /// - Parameter scope: of the request, if the server requires one.
    /// - Returns: the proof, which `Vault.add` and `Vault.create` may store.
    /// - Throws: `credentialRefused`, which is never retried automatically; `tryAgain`; `unexpectedAnswer`.
    public borrowing func prove(scope: String? = nil) async throws(VaultError) -> ProvenToken {
        try await prove(scope: scope, dependencies: .real)
    }

    package borrowing func prove(scope: String?, dependencies: VaultDependencies) async throws(VaultError)
        -> ProvenToken
    {
        try await BlockingExecutor.run(on: .requests) { () throws(VaultError) in
            try ProvenToken(of: self, TokenOptions(scope: scope), dependencies: dependencies)
        }
    }

    /// Requests a token for this credential without a vault, and stores it nowhere.
    ///
    /// - Parameter options: scope, parameters and minimum lifetime; `refresh` changes nothing, since there is no cache.
    /// - Returns: the token, even one that may not be cached.
    /// - Throws: `credentialRefused`, which is never retried automatically; `tryAgain`; `unexpectedAnswer`, also if the
    ///   server grants less than the minimum lifetime.
    public borrowing func token(_ options: TokenOptions = TokenOptions()) async throws(VaultError) -> AccessToken {
        try await token(options, dependencies: .real)
    }

    package borrowing func token(_ options: TokenOptions, dependencies: VaultDependencies) async throws(VaultError)
        -> AccessToken
    {
        try options.check()
        guard !options.offline else {
            throw VaultError(.nothingCached)
        }
        return try await BlockingExecutor.run(on: .requests) { () throws(VaultError) in
            let token = StoredToken(try ProvenToken(of: self, options, dependencies: dependencies).grant)
            try token.lifetime.check(minimum: Int64(options.minimumLifetime), now: dependencies.now())
            let remaining = token.lifetime.remaining(at: dependencies.now())
            return AccessToken(token, of: name, remaining: remaining, .endpoint)
        }
    }
}
