internal import VaultHTTP
internal import VaultOAuth
internal import VaultStore

extension Vault {
    /// Adds an application.
    ///
    /// - Parameters:
    ///   - application: what is added.
    ///   - replacing: whether one of the same name is replaced; its cached tokens go then.
    ///   - proof: the token that proved it, which is kept; nil when it wasn't proven.
    /// - Returns: whether one was replaced.
    /// - Throws: `exists`; `damaged`; `inputOutput`; `tryAgain` when others kept the vault busy; `usage` for the proof
    ///   of another application.
    @discardableResult
    public func add(
        _ application: borrowing NewApplication,
        replacing: Bool = false,
        proven proof: ProvenToken? = nil
    ) async throws(VaultError) -> Bool {
        let replaced = try await dependencies.perform { () throws(VaultError) in
            let contents = try contents
            let replaced = try contents.add(application, replacing: replacing, proven: proof, now: dependencies.now())
            warnOfSameClients([application.publicPart], contents)
            return replaced
        }
        tokens.drop()
        return replaced
    }

    /// Adds applications, all in one transaction: a process that is killed leaves all of them or none.
    ///
    /// - Parameters:
    ///   - applications: what is added.
    ///   - replacing: whether those of the same names are replaced; their cached tokens go then.
    /// - Returns: what became of each, in their order.
    /// - Throws: `damaged`; `inputOutput`; `tryAgain` when others kept the vault busy. Nothing was added then.
    public func add(_ applications: borrowing NewApplications, replacing: Bool = false) async throws(VaultError)
        -> [NewApplications.Outcome]
    {
        let outcomes = try await dependencies.perform { () throws(VaultError) in
            let contents = try contents
            let outcomes = try contents.add(applications, replacing: replacing, now: dependencies.now())
            let added = outcomes.indices.filter { outcomes[$0] != .exists }
            var parts: [NewApplication.PublicPart] = []
            for index in added { parts.append(applications.publicPart(at: index)) }
            warnOfSameClients(parts, contents)
            return outcomes
        }
        tokens.drop()
        return outcomes
    }

    private func warnOfSameClients(_ added: [NewApplication.PublicPart], _ contents: UnlockedVault) {
        for (application, others) in zip(added, contents.otherNames(of: added)) where !others.isEmpty {
            dependencies.warn(of: .sameClient(origin: application.endpoint.origin, others))
        }
    }

    /// Whether the vault holds this credential: the application of that name has its client_id, token endpoint and
    /// secret.
    ///
    /// It reads the vault's file anew, and compares the secrets in constant time.
    ///
    /// - Throws: `damaged` if the secret can't be opened.
    public func holds(_ application: borrowing NewApplication) async throws(VaultError) -> Bool {
        try await dependencies.perform { () throws(VaultError) in try contents.holds(application) }
    }

    /// The applications, by name.
    ///
    /// - Throws: `damaged` if the applications differ from the header.
    public func applications() async throws(VaultError) -> [Application] {
        try await dependencies.perform { () throws(VaultError) in
            let contents = try contents
            let tokens = try contents.read(Query(tokens: .all)).snapshot.tokens
            let rows = Dictionary(grouping: tokens, by: \.application)
            return try contents.applications().map { application in
                let tokens = (rows[application.row.id] ?? []).compactMap { contents.lifetime(of: $0, application) }
                return Application(application, tokens: tokens)
            }
        }
    }
}

extension Vault {
    /// One application.
    ///
    /// - Parameter name: the application's; nil for the default or only one.
    /// - Returns: the application, and when its cached tokens expire.
    /// - Throws: `noApplication`.
    public func application(_ name: ApplicationName? = nil) async throws(VaultError) -> Application {
        try await dependencies.perform { () throws(VaultError) in
            let contents = try contents
            let (application, tokens) = try contents.application(name)
            return Application(
                application,
                // With its certificates: a new secret is proven with them.
                try contents.complete(application),
                tokens: tokens.compactMap { contents.lifetime(of: $0, application) }
            )
        }
    }

    /// The application of that name; nil if there is none.
    package func find(_ name: ApplicationName) async throws(VaultError) -> Application? {
        try await dependencies.perform { () throws(VaultError) in
            let contents = try contents
            guard let (application, tokens) = try contents.find(name) else { return nil }
            let metadata = try contents.complete(application)
            return Application(
                application,
                metadata,
                tokens: tokens.compactMap { contents.lifetime(of: $0, application) }
            )
        }
    }

    /// Removes an application, with its secret and its tokens.
    public func remove(_ name: ApplicationName) async throws(VaultError) {
        try await dependencies.perform { () throws(VaultError) in
            try contents.remove(name, now: dependencies.now())
            tokens.drop()
        }
    }

    /// Renames an application; its secret and its tokens stay.
    ///
    /// - Throws: `exists` if another application has that name.
    public func rename(_ name: ApplicationName, to newName: ApplicationName) async throws(VaultError) {
        try newName.checkVisible()
        try await dependencies.perform { () throws(VaultError) in
            try contents.rename(name, to: newName, now: dependencies.now())
            tokens.drop()
        }
    }

    /// Replaces the certificates that an application's endpoint is trusted by; its secret and its tokens stay.
    ///
    /// - Parameters:
    ///   - name: the application.
    ///   - path: a file of certificates (PEM), which the vault keeps as they are now; nil takes the system's.
    /// - Throws: `configuration` for the file; `noApplication`.
    public func trust(_ name: ApplicationName, caFile path: String?) async throws(VaultError) {
        try await dependencies.perform { () throws(VaultError) in
            let caFile = try path.map { (path) throws(VaultError) in
                try mappingErrors { () throws(HTTPError) in try CAFile.read(path) }
            }
            try contents.trust(caFile, for: name, now: dependencies.now())
            tokens.drop()
        }
    }

    /// Sets the application for calls that name none; nil unsets it.
    public func setDefault(_ name: ApplicationName?) async throws(VaultError) {
        try await dependencies.perform { () throws(VaultError) in
            try contents.setDefault(name, now: dependencies.now())
            tokens.drop()
        }
    }

    /// Replaces an application's secret, after the server has granted a token for the new one.
    ///
    /// - Parameters:
    ///   - name: the application.
    ///   - application: the new credential; its own name is ignored.
    ///   - scope: of the request, if the server requires one.
    /// - Throws: `credentialRefused`; `tryAgain` if the application was changed meanwhile. Nothing has changed then.
    public func rotate(
        _ name: ApplicationName,
        to application: borrowing NewApplication,
        scope: String? = nil
    ) async throws(VaultError) {
        try await dependencies.perform(on: .requests) { () throws(VaultError) in
            let contents = try contents
            // A mistyped name must not cost a request.
            let present = try contents.application(name).application
            let basis = application.publicPart.basis ?? present.digest
            let proof = try ProvenToken(of: application, TokenOptions(scope: scope), dependencies: dependencies)
            // A server may take its time, in which others change the application: they mustn't be overruled.
            try contents.rotate(name, as: basis, to: application, proof: proof, now: dependencies.now())
            tokens.drop()
        }
    }
}
