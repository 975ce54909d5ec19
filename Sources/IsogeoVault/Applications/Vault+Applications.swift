extension Vault {
    /// Adds an application.
    ///
    /// - Parameters:
    ///   - application: what is added.
    ///   - replacing: whether one of the same name is replaced; its cached tokens go then.
    ///   - proof: the token that proved it, which is kept; nil when it wasn't proven.
    /// - Returns: whether one was replaced.
    /// - Throws: `exists`; `damaged`; `inputOutput`; `tryAgain` when others kept the vault busy; `usage` for the proof of
    ///   another application.
    @discardableResult
    public func add(
        _ application: borrowing NewApplication,
        replacing: Bool = false,
        proven proof: ProvenToken? = nil
    ) async throws(VaultError) -> Bool {
        let replaced = try await dependencies.perform { () throws(VaultError) in
            let contents = try contents
            let replaced = try contents.add(application, replacing: replacing, proven: proof, now: dependencies.now())
            let others = contents.otherNames(of: application).map(\.description).joined(separator: ", ")
            if !others.isEmpty {
                dependencies.warn(
                    "The same client_id at \(application.tokenOrigin) is in the vault as \(others) too: "
                        + "a new secret from Isogeo will have to go to each."
                )
            }
            return replaced
        }
        tokens.drop()
        return replaced
    }

    /// Whether the vault gives back what was read: the application of that name has this client_id, token endpoint and
    /// secret.
    ///
    /// It is read anew from the vault's file, and the secrets are compared in constant time.
    ///
    /// - Throws: `damaged` when the secret can't be opened.
    public func holds(_ application: borrowing NewApplication) async throws(VaultError) -> Bool {
        try await dependencies.perform { () throws(VaultError) in try contents.holds(application) }
    }

    /// The applications, by name.
    ///
    /// - Throws: `damaged` when they are not those that were written.
    public func applications() async throws(VaultError) -> [Application] {
        try await dependencies.perform { () throws(VaultError) in
            try contents.applications().map { Application($0.metadata) }
        }
    }
}

extension Vault {
    /// One application.
    ///
    /// - Parameter name: which; nil for the default, or the only one.
    /// - Returns: what is known of it, and when its cached tokens expire.
    /// - Throws: `noApplication`.
    public func application(_ name: ApplicationName? = nil) async throws(VaultError) -> Application {
        try await dependencies.perform { () throws(VaultError) in
            let contents = try contents
            let (application, tokens) = try contents.application(name)
            return Application(application.metadata, tokens: tokens.compactMap { contents.lifetime(of: $0) })
        }
    }

    /// Takes an application out of the vault, with its secret and its tokens.
    public func remove(_ name: ApplicationName) async throws(VaultError) {
        try await dependencies.perform { () throws(VaultError) in
            try contents.remove(name, now: dependencies.now())
            tokens.drop()
        }
    }

    /// Gives an application another name; its secret and its tokens stay.
    ///
    /// - Throws: `exists` when another one has that name.
    public func rename(_ name: ApplicationName, to newName: ApplicationName) async throws(VaultError) {
        try newName.checkVisible()
        try await dependencies.perform { () throws(VaultError) in
            try contents.rename(name, to: newName, now: dependencies.now())
            tokens.drop()
        }
    }

    /// Says which application is meant when nobody names one; nil takes that back.
    public func setDefault(_ name: ApplicationName?) async throws(VaultError) {
        try await dependencies.perform { () throws(VaultError) in
            try contents.setDefault(name, now: dependencies.now())
            tokens.drop()
        }
    }

    /// Replaces an application's secret, after the new one has given a token.
    ///
    /// - Parameters:
    ///   - name: whose.
    ///   - application: the new credential, whose own name doesn't count.
    ///   - scope: asked for with the proof, where the server wants one.
    /// - Throws: `credentialRefused`, and nothing has changed then.
    public func rotate(
        _ name: ApplicationName,
        to application: borrowing NewApplication,
        scope: String? = nil
    ) async throws(VaultError) {
        try await dependencies.perform(on: .requests) { () throws(VaultError) in
            let contents = try contents
            // A name that is mistyped must not cost a request.
            _ = try contents.application(name)
            let proof = try ProvenToken(of: application, TokenOptions(scope: scope), dependencies: dependencies)
            try contents.rotate(name, to: application, proof: proof, now: dependencies.now())
            tokens.drop()
        }
    }

    /// Drops the cached tokens of one application, or of all.
    ///
    /// Isogeo has no revocation: they live on until they expire.
    public func forget(_ name: ApplicationName?) async throws(VaultError) {
        try await dependencies.perform { () throws(VaultError) in
            let contents = try contents
            let application = try name.map { (name) throws(VaultError) in try contents.application(name).application }
            try contents.forget(application, now: dependencies.now())
            tokens.drop()
        }
    }
}
