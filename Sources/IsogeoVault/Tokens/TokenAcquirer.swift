internal import VaultCrypto
internal import VaultOAuth
internal import VaultStore

/// Gives out one token: the one in the vault, or a new one that it asks for while nobody else does.
///
/// It blocks: for the file, for the lease of another process, for the server.
struct TokenAcquirer: Sendable {
    let contents: UnlockedVault
    let dependencies: VaultDependencies
    let wish: TokenKey
    let options: TokenOptions
    let purpose: Purpose
    /// Tokens that an API has refused.
    let rejected: Set<String>
    /// The token that this process has had, which it knows the age of by another clock too.
    let held: CacheEntry?
    /// Ends the request.
    let interruption: Interruption?

    /// What the token is for, which says whether one in the vault will do.
    enum Purpose: Sendable {
        /// Any that is usable.
        case use
        /// One that came since its caller did.
        case refresh
        /// One in the place of this, which is still given out.
        case renewal(of: StoredToken)
    }

    /// A token to ask for, and what lay in its place when somebody looked.
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

    /// Looks into the vault, and asks nobody.
    ///
    /// - Returns: the token, or what is to be asked for.
    /// - Throws: what keeps a token from being had: no such application, a grant that is known to be too short, a
    ///   failure after which nobody is to ask yet.
    func look() throws(VaultError) -> Lookup {
        let (application, rows) = try contents.application(wish.name)
        let request = try mappingErrors { () throws(OAuthError) in
            try options.request(to: application.metadata.endpoint)
        }
        let id = contents.sealer.tokenID(of: application.row.id, application.metadata, request: request.body)
        let kept = kept(id, of: application, in: rows)
        let prospect = CacheMiss(
            application: application,
            request: request,
            id: id,
            cached: kept.token,
            note: kept.note
        )
        if let token = kept.token, case .use = purpose {
            if isUsable(token, minimum: minimum) { return .found(issued(token, prospect)) }
            // What was granted for less than is wanted would be granted for less again.
            if isUsable(token), token.lifetime.seconds <= minimum { throw token.lifetime.tooShort(for: minimum) }
        }
        if let token = kept.token, case .renewal(let old) = purpose, replaces(old, token) {
            return .found(issued(token, prospect))
        }
        return .wanted(prospect)
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

    /// What lies in a token's place: what can't be opened is none, and neither is what an API has refused.
    func kept(_ id: [UInt8], of application: StoredApplication, in rows: [TokenRecord])
        -> (token: StoredToken?, note: CachedFailure?)
    {
        let token = rows.first { $0.id == id }.flatMap { try? contents.sealer.token($0) }
        var note: CachedFailure?
        for place in [id, contents.sealer.refusalID(of: application)] {
            let noteID = contents.sealer.noteID(of: place)
            guard let row = rows.first(where: { $0.id == noteID }), let found = try? contents.sealer.note(row) else {
                continue
            }
            // Of two the one that keeps us longer, which is the refusal as a rule.
            if found.notBefore > note?.notBefore ?? .min { note = found }
        }
        return (token.flatMap { rejected.contains($0.value) ? nil : $0 }, note)
    }

    func issued(_ token: StoredToken, _ prospect: CacheMiss) -> TokenResult {
        TokenResult(token, of: prospect.application.metadata.name, id: prospect.id, .vault)
    }
}
