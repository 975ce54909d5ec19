extension Vault {
    /// A token: the cached one while it is usable, else a new one.
    ///
    /// However many tasks and processes ask at once, one of them asks the server.
    ///
    /// - Parameters:
    ///   - name: whose; nil for the default application, or the only one.
    ///   - options: scope, least lifetime, and whether the cache is passed over.
    /// - Returns: the token.
    /// - Throws: `noApplication`; `credentialRefused`, which is never tried again by itself; `tryAgain`;
    ///   `unexpectedAnswer`; `damaged`; `configuration`.
    public func token(
        for name: ApplicationName? = nil,
        _ options: TokenOptions = TokenOptions()
    ) async throws(VaultError) -> AccessToken {
        try await doors.perform { () throws(VaultError) in
            try TokenIssuer(contents: contents, doors: doors, options: options).token(for: name)
        }
    }
}
