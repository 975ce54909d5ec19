internal import VaultStore

extension Vault {
    /// An application and its token, both of one state of its row.
    ///
    /// - Parameters:
    ///   - name: the application's; nil for the default or only one.
    ///   - options: the token's; nil for none.
    /// - Returns: the application, and the token.
    /// - Throws: what `application` and `token` throw; `tryAgain` where other processes change it all the time.
    package func applicationAndToken(_ name: ApplicationName?, _ options: TokenOptions?)
        async throws(VaultError) -> (application: Application, token: AccessToken?)
    {
        guard let options else { return (try await application(name), nil) }
        let (application, token) = try await withToken(for: name, options) { (stored, _) in
            Application(stored, tokens: [])
        }
        return (application, token)
    }

    /// What `read` makes of an application, and its token, both of one state of its row: another process may change it
    /// while the token is requested, and then a token of one server would go to another, or with another's secret.
    ///
    /// - Throws: what `read` and `token` throw; `tryAgain` where other processes change it all the time.
    func withToken<Value: Sendable>(
        for name: ApplicationName?,
        _ options: TokenOptions,
        _ read: (StoredApplication, UnlockedVault) throws(VaultError) -> Value
    ) async throws(VaultError) -> (value: Value, token: AccessToken) {
        for _ in 0..<Self.attemptLimit {
            let (name, digest, value) = try await dependencies.perform { () throws(VaultError) in
                let contents = try contents
                let application = try contents.application(name).application
                return (application.metadata.name, application.digest, try read(application, contents))
            }
            let token = try await token(for: name, options)
            let present = try await dependencies.perform { () throws(VaultError) in
                try contents.application(name).application.digest
            }
            // No two writings of a row have one digest: it was this one all the time.
            if present == digest { return (value, token) }
            // This process may hold a token of the application as it was.
            tokens.drop()
        }
        throw VaultError(StoreError.changedMeanwhile)
    }

    private static let attemptLimit = 5
}
