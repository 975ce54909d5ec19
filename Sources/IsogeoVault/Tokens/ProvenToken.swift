internal import VaultOAuth

/// The proof that a credential works: a token that it gave just now.
///
/// `Vault.add` keeps it with the application, so that the first who wants a token needs no other.
public struct ProvenToken: Sendable {
    let granted: GrantedToken
    /// The `NewApplication` that was proven, and no other.
    private let application: [UInt8]

    /// Asks for a token with a credential that isn't in a vault yet; it blocks.
    ///
    /// - Throws: `credentialRefused`, and whatever else can keep a token from being given.
    init(of application: borrowing NewApplication, _ options: TokenOptions, dependencies: VaultDependencies)
        throws(VaultError)
    {
        let metadata = application.metadata(now: dependencies.now())
        do throws(OAuthError) {
            let request = try options.request(to: metadata.endpoint)
            granted = try application.withSecret { (secret) throws(OAuthError) in
                try GrantedToken(request, for: metadata, secret: secret, dependencies: dependencies)
            }
        } catch {
            throw VaultError(error, asking: metadata)
        }
        self.application = application.id
    }

    /// Refuses the proof of another application: its token would be given out for this one.
    func check(_ application: borrowing NewApplication) throws(VaultError) {
        guard self.application == application.id else {
            throw VaultError(.proofOfAnother)
        }
    }
}

extension NewApplication {
    /// Proves that the credential works, by a live token.
    ///
    /// - Parameter scope: asked for, where the server wants one.
    /// - Returns: the proof, which `Vault.add` and `Vault.create` may keep.
    /// - Throws: `credentialRefused`, which is never tried again by itself; `tryAgain`; `unexpectedAnswer`.
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

    /// A token for this credential, which is asked for and kept nowhere; no vault is needed.
    ///
    /// - Parameter options: scope, parameters and least lifetime; there is no cache that `refresh` could pass over.
    /// - Returns: the token, be it one that may not be kept.
    /// - Throws: `credentialRefused`, which is never tried again by itself; `tryAgain`; `unexpectedAnswer`, also when the
    ///   server grants less than the least lifetime.
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
            let granted = try ProvenToken(of: self, options, dependencies: dependencies).granted
            try granted.check(minimum: Int64(options.minimumLifetime), now: dependencies.now())
            return AccessToken(
                granted.token,
                of: name,
                remaining: granted.token.lifetime.remaining(at: dependencies.now()),
                .endpoint
            )
        }
    }
}
