internal import VaultCrypto
internal import VaultHTTP
internal import VaultOAuth
internal import VaultStore

/// Acquires one token: the one in the vault, or a new one, which it requests under a lease.
///
/// It blocks: on the file, on the lease of another process, on the server.
struct TokenAcquirer: Sendable {
    let contents: UnlockedVault
    let dependencies: VaultDependencies
    let key: TokenKey
    let options: TokenOptions
    let purpose: Purpose
    /// Tokens that an API has refused.
    let rejected: Set<String>
    /// The token that this process cached, whose age a second clock measures.
    let held: CacheEntry?
    /// Ends the request.
    let interruption: Interruption?
    /// The end of the whole call: of the wait for another process, of all requests and pauses.
    let deadline: ContinuousClock.Instant

    /// What the token is for, which decides whether the one in the vault serves.
    enum Purpose: Sendable {
        /// Any usable token serves.
        case use
        /// Only a token that is newer than the call.
        case refresh
        /// Only a successor of this token, which callers still get meanwhile.
        case renewal(of: StoredToken)
    }

    /// A token to request, and the state of the vault when the lookup failed.
    struct CacheMiss: Sendable {
        let application: StoredApplication
        let request: TokenRequest
        let id: [UInt8]
        let cached: StoredToken?
        let note: CachedFailure?
    }

    enum Lookup: Sendable {
        case found(TokenResult)
        case wanted(CacheMiss)
    }

    var minimum: Int64 { Int64(options.minimumLifetime) }

    /// Looks into the vault; sends no request.
    ///
    /// - Returns: the token, or what to request.
    /// - Throws: `noApplication`; `damaged`; `usage` for parameters that can't be sent; `unexpectedAnswer` for a grant
    ///   that is known to be too short.
    func look() throws(VaultError) -> Lookup {
        try inTime { () throws(VaultError) in try lookUp() }
    }

    /// Runs `body`, whose waits for the locks of other processes end with the call, or after `least` where that is
    /// later.
    func inTime<Result>(least: Duration = .zero, _ body: () throws(VaultError) -> Result) throws(VaultError) -> Result {
        try VaultDatabase.waiting(until: max(deadline, .now + least), body)
    }

    private func lookUp() throws(VaultError) -> Lookup {
        let (application, rows) = try contents.application(key.name)
        let request = try mappingErrors { () throws(OAuthError) in
            try options.request(to: application.metadata.endpoint)
        }
        let id = contents.sealer.tokenID(of: application, request: request.body)
        let kept = kept(id, of: application, in: rows)
        let miss = CacheMiss(
            application: application,
            request: request,
            id: id,
            cached: kept.token,
            note: kept.note
        )
        if let token = kept.token, case .use = purpose {
            if isUsable(token, minimum: minimum) { return .found(result(token, miss)) }
            // The server granted less than the minimum, and would again.
            if isUsable(token), token.lifetime.seconds <= minimum { throw token.lifetime.tooShort(for: minimum) }
        }
        if let token = kept.token, case .renewal(let old) = purpose, replaces(old, token) {
            return .found(result(token, miss))
        }
        return .wanted(miss)
    }

    func replaces(_ old: StoredToken, _ token: StoredToken) -> Bool {
        token != old && token.lifetime.asked >= old.lifetime.asked && isUsable(token)
            && remaining(token) > token.lifetime.renewalThreshold
    }

    func isUsable(_ token: StoredToken, minimum: Int64 = 0) -> Bool {
        guard let held, held.token == token else {
            return token.lifetime.isUsable(at: dependencies.now(), minimum: minimum)
        }
        return held.isUsable(at: dependencies.moment, minimum: minimum)
    }

    func remaining(_ token: StoredToken) -> Int64 {
        guard let held, held.token == token else { return token.lifetime.remaining(at: dependencies.now()) }
        return held.remaining(at: dependencies.moment)
    }

    /// The stored token, unless its box can't be opened or an API refused it, and the note of a failure.
    func kept(_ id: [UInt8], of application: StoredApplication, in rows: [TokenRecord])
        -> (token: StoredToken?, note: CachedFailure?)
    {
        let token = rows.first { $0.id == id }.flatMap { try? contents.sealer.token($0, of: application) }
        var note: CachedFailure?
        for place in [id, contents.sealer.refusalID(of: application)] {
            let noteID = contents.sealer.noteID(of: place, application)
            guard let row = rows.first(where: { $0.id == noteID }),
                let found = try? contents.sealer.note(row, of: application)
            else { continue }
            // The later of the two deadlines, which usually is the refusal's.
            if found.notBefore > note?.notBefore ?? .min { note = found }
        }
        return (token.flatMap { rejected.contains($0.value) ? nil : $0 }, note)
    }

    func result(_ token: StoredToken, _ miss: CacheMiss) -> TokenResult {
        TokenResult(token, of: miss.application.metadata.name, id: miss.id, .vault)
    }
}

/// An acquired token, and where it came from.
struct TokenResult: Sendable {
    let token: StoredToken
    let application: ApplicationName
    /// Its id in the vault.
    let id: [UInt8]
    let source: AccessToken.Source
    /// Whether other callers may get it too.
    var isKept = true
    /// Why there is no newer token, if one was requested.
    var failure: VaultError?

    init(_ token: StoredToken, of application: ApplicationName, id: [UInt8], _ source: AccessToken.Source) {
        self.token = token
        self.application = application
        self.id = id
        self.source = source
    }
}
