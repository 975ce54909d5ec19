internal import VaultCrypto
internal import VaultOAuth
internal import VaultStore

/// One request, whoever wants the token: under a lease, and after a look at what others have come to.
extension TokenAcquirer {
    /// Asks for a token, unless somebody else has done it by the time that it is our turn.
    ///
    /// - Throws: why there is none.
    func ask(_ prospect: CacheMiss) throws(VaultError) -> TokenResult {
        var prospect = prospect
        for _ in 0..<Self.lookLimit {
            if case .use = purpose, let note = prospect.note, note.forbidsAsking(at: dependencies.now()),
                let error = note.error(asking: prospect.application.metadata)
            {
                return try instead(of: error, prospect)
            }
            switch try waitForLease(prospect) {
            case .news(.token(let token)): return issued(token, prospect)
            case .news(.failure(let error)): return try instead(of: error, prospect)
            case .news(.tooShort(let token)): throw token.lifetime.tooShort(for: minimum)
            case .free(let lease): if let token = try ask(prospect, under: lease) { return token }
            }
            // The application was changed while we waited: it may have another name, secret or endpoint.
            guard case .wanted(let next) = try look() else { continue }
            prospect = next
        }
        throw VaultError(StoreError.changedMeanwhile)
    }

    // Somebody who changes an application again and again, each time just before it is our turn, is nobody to wait for.
    private static let lookLimit = 4

    private enum LeaseWait: ~Copyable {
        /// It is our turn; nil where there is nothing to lock: whoever asks, asks.
        case free(Lease?)
        /// It was somebody else's turn.
        case news(ConcurrentResult)
    }

    private enum ConcurrentResult {
        case token(StoredToken), failure(VaultError), tooShort(StoredToken)
    }

    /// How long a holder of the lease may need at worst, and a little more.
    private var patience: Duration { dependencies.timeLimit + .seconds(5) }

    private func waitForLease(_ prospect: CacheMiss) throws(VaultError) -> LeaseWait {
        func news() throws(StoreError) -> ConcurrentResult? { try self.news(since: prospect) }
        do throws(StoreError) {
            let name = LeaseName(token: prospect.id)
            switch try contents.database.lease(name, until: .now + patience, checking: news) {
            case .found(let news): return .news(news)
            case .acquired(let lease):
                if let news = try news() { return .news(news) }
                return .free(lease)
            }
        } catch {
            guard case .leasesUnavailable = error else { throw VaultError(error) }
            dependencies.warn(.noLeases, "\(error.sentence) Others may ask the server at the same time.")
            return .free(nil)
        }
    }

    /// What others have come to since we looked.
    ///
    /// Their failure is ours too: we would have asked the same at the same time. No clock is needed to tell: the note
    /// wasn't there before.
    private func news(since prospect: CacheMiss) throws(StoreError) -> ConcurrentResult? {
        let rows = try contents.database.read(Query(tokens: .of(application: prospect.application.row.id))).tokens
        let (token, note) = kept(prospect.id, of: prospect.application, in: rows)
        if let token, token != prospect.cached, isUsable(token) {
            let isNewEnough =
                switch purpose {
                // To a refresher too: it wasn't there when it looked, and whoever waited with it is served as well.
                case .use, .refresh: true
                case .renewal(let old): replaces(old, token)
                }
            if isNewEnough, isUsable(token, minimum: minimum) { return .token(token) }
            if isNewEnough, token.lifetime.seconds <= minimum { return .tooShort(token) }
        }
        guard let note, note != prospect.note, let error = note.error(asking: prospect.application.metadata) else {
            return nil
        }
        return .failure(error)
    }

    /// Asks the server and keeps what it gives; the lease is lent so that it can't end before.
    ///
    /// - Returns: the token; nil when the application isn't as it was.
    private func ask(_ prospect: CacheMiss, under lease: borrowing Lease?) throws(VaultError) -> TokenResult? {
        let application = prospect.application
        let secret: SecretBytes
        do throws(VaultError) { secret = try contents.secret(of: application) } catch {
            guard error.code == .tryAgain, try contents.application(wish.name).application.row != application.row else {
                throw error
            }
            return nil
        }
        let began = dependencies.now()
        let granted: GrantedToken
        dependencies.log(.asking(application.metadata.name, endpoint: application.metadata.endpoint.origin))
        do throws(OAuthError) {
            granted = try GrantedToken(
                prospect.request,
                for: application.metadata,
                secret: secret,
                dependencies: dependencies,
                interruption: interruption
            )
        } catch {
            remember(error, since: began, prospect)
            return try instead(of: VaultError(error, asking: application.metadata), prospect)
        }
        dependencies.log(.granted(application.metadata.name, seconds: granted.token.lifetime.seconds))
        var issued = TokenResult(granted.token, of: application.metadata.name, id: prospect.id, .endpoint)
        issued.isKept = granted.isCacheable && store(granted.token, prospect)
        if !granted.isCacheable { forgetNote(prospect) }
        try granted.check(minimum: minimum, now: dependencies.now())
        return issued
    }
}
