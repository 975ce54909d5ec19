internal import VaultCrypto
internal import VaultOAuth
internal import VaultStore

/// One request for all processes that want the token: the holder of a lease sends it, the others take its result.
extension TokenAcquirer {
    /// Requests a token, unless another process does so while this one waits for the lease.
    ///
    /// - Throws: why there is no token.
    func ask(_ miss: CacheMiss) throws(VaultError) -> TokenResult {
        try inTime { () throws(VaultError) in try request(miss) }
    }

    private func request(_ miss: CacheMiss) throws(VaultError) -> TokenResult {
        var miss = miss
        for _ in 0..<Self.lookLimit {
            if case .use = purpose, let note = miss.note, note.forbidsAsking(at: dependencies.now()),
                let error = note.error(asking: miss.application.metadata)
            {
                let isRefusal = error.code == .credentialRefused
                return try staleToken(after: isRefusal ? error.before(at: note.ended) : error, miss)
            }
            dependencies.prepareForRequest()
            if miss.application.row.format < .current, !contents.database.isReadOnly {
                // What a request leaves has the present format, and the processes that wait for it must find it.
                try contents.convert(now: dependencies.now())
            } else {
                switch try waitForLease(miss) {
                case .concurrent(.token(let token)): return result(token, miss)
                case .concurrent(.failure(let error)): return try staleToken(after: error, miss)
                case .concurrent(.tooShort(let token)): throw token.lifetime.tooShort(for: minimum)
                case .free(let lease): if let token = try ask(miss, under: lease) { return token }
                }
            }
            // The application changed meanwhile: it may have another name, secret or endpoint, and a token, as `rotate`
            // leaves one.
            switch try look() {
            case .found(let result): return result
            case .wanted(let next): miss = next
            }
        }
        throw VaultError(StoreError.changedMeanwhile)
    }

    // Give up after so many attempts: a writer that keeps changing the application would otherwise starve this request.
    private static let lookLimit = 5

    private enum LeaseWait: ~Copyable {
        /// This process sends the request; without a lease where none can be taken.
        case free(Lease?)
        /// Another process has sent it.
        case concurrent(ConcurrentResult)
    }

    /// What another process got since this one looked.
    private enum ConcurrentResult {
        case token(StoredToken), failure(VaultError), tooShort(StoredToken)
    }

    private func waitForLease(_ miss: CacheMiss) throws(VaultError) -> LeaseWait {
        do throws(StoreError) {
            let name = LeaseName(token: miss.id)
            let lookup = { () throws(StoreError) in try concurrentResult(since: miss) }
            switch try contents.database.lease(name, until: deadline, checking: lookup) {
            case .found(let result): return .concurrent(result)
            case .acquired(let lease):
                if let result = try lookup() { return .concurrent(result) }
                return .free(lease)
            }
        } catch {
            guard case .leasesUnavailable = error else { throw VaultError(error) }
            dependencies.warn(of: .noLeases(error))
            return .free(nil)
        }
    }

    /// What another process stored since `miss` was read.
    ///
    /// Its failure is this caller's too, who would have sent the same request at the same time. No clock is needed to
    /// recognise it: the note is a new one.
    private func concurrentResult(since miss: CacheMiss) throws(StoreError) -> ConcurrentResult? {
        let rows = try contents.database.read(Query(tokens: .of(application: miss.application.row.id))).tokens
        let (token, note) = kept(miss.id, of: miss.application, in: rows)
        if let token, token != miss.cached, isUsable(token) {
            let isNewEnough =
                switch purpose {
                // For a refresh too: the token is newer than its call.
                case .use, .refresh: true
                case .renewal(let old): replaces(old, token)
                }
            if isNewEnough, isUsable(token, minimum: minimum) { return .token(token) }
            if isNewEnough, token.lifetime.seconds <= minimum { return .tooShort(token) }
        }
        guard let note, note != miss.note, let error = note.error(asking: miss.application.metadata) else {
            return nil
        }
        return .failure(error)
    }

    /// Sends the request and stores its result; borrowing the lease keeps it held until then.
    ///
    /// - Returns: the token; nil if the application has changed since it was read.
    private func ask(_ miss: CacheMiss, under lease: borrowing Lease?) throws(VaultError) -> TokenResult? {
        let application = miss.application
        let metadata: ApplicationMetadata
        let secret: SecretBytes
        do throws(VaultError) {
            metadata = try contents.complete(application)
            secret = try contents.secret(of: application)
        } catch {
            guard error.code == .tryAgain, try contents.application(key.name).application.row != application.row else {
                throw error
            }
            return nil
        }
        let began = dependencies.now()
        let grant: TokenGrant
        dependencies.log(.asking(application.metadata.name, endpoint: application.metadata.endpoint.origin))
        do throws(OAuthError) {
            grant = try dependencies.requestToken(
                miss.request,
                for: metadata,
                secret: secret,
                timeLimit: deadline - .now,
                interruption: interruption
            )
        } catch {
            remember(error, since: began, miss)
            return try staleToken(after: VaultError(error, asking: application.metadata), miss)
        }
        let token = StoredToken(grant)
        dependencies.log(.granted(application.metadata.name, seconds: token.lifetime.seconds))
        var result = TokenResult(token, of: application.metadata.name, id: miss.id, .endpoint)
        result.isKept = grant.isCacheable && store(token, miss)
        if !grant.isCacheable { forgetNote(miss) }
        try token.lifetime.check(minimum: minimum, now: dependencies.now())
        return result
    }
}

extension VaultError {
    /// The same refusal, which the server gave at that time.
    fileprivate func before(at time: Int64) -> VaultError { VaultError(VaultProblem.refusedBefore(problem, at: time)) }
}
