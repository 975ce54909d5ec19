internal import VaultStore

extension Vault {
    /// A token: the cached one while it is usable, else a new one.
    ///
    /// However many tasks and processes call it at once, one of them sends a request, and all share its token or its
    /// failure. A token in the last tenth of its life is renewed in the background, and callers still get it meanwhile.
    /// A cached token costs neither a suspension nor a file access.
    ///
    /// A cancelled task stops waiting at once; the request goes on, and its token is cached.
    ///
    /// - Parameters:
    ///   - name: the application; nil for the default or only one.
    ///   - options: scope, parameters, minimum lifetime, and whether to bypass the cache or to send no request.
    /// - Returns: the token.
    /// - Throws: `noApplication`; `noToken` offline; `credentialRefused`, which is never retried automatically and is
    ///   remembered for a minute; `tryAgain`; `unexpectedAnswer`; `cancelled`; `damaged`; `configuration`.
    public func token(
        for name: ApplicationName? = nil,
        _ options: TokenOptions = TokenOptions()
    ) async throws(VaultError) -> AccessToken {
        let key = TokenKey(name, options)
        if !options.refresh, let token = try cachedToken(key, options) { return token }
        try options.check()
        return options.offline ? try await storedToken(key, options) : try await newToken(key, options)
    }

    /// Drops a token that an API refused (401) although it should be good; the next caller gets another one.
    ///
    /// However many tasks report one token, it is replaced once. Nothing happens if it was replaced already. A token
    /// that replaced a refused one less than a minute ago stays: then the token isn't the cause.
    ///
    /// - Parameter token: the refused one.
    /// - Returns: whether one more try with the next token is worthwhile.
    /// - Throws: why the vault can't be read.
    @discardableResult
    public func invalidate(_ token: AccessToken) async throws(VaultError) -> Bool {
        try await dependencies.perform { () throws(VaultError) in
            let contents = try contents
            // Without its application, or under another name, no caller gets the token from the vault.
            let found = try? contents.application(token.application)
            let row = found.flatMap { (application, rows) in
                rows.first { (try? contents.sealer.token($0, of: application))?.value == token.value }
            }
            guard let id = row?.id ?? tokens.id(of: token.value) else { return true }
            guard tokens.reject(token.value, id: id, at: dependencies.moment) else { return false }
            guard let row, !isReadOnly else { return true }
            do throws(VaultError) { try contents.remove(row) } catch {
                dependencies.warn(of: .refusedTokenStays(error))
            }
            return true
        }
    }

    /// Drops the cached tokens of one application, or of all.
    ///
    /// Isogeo can't revoke tokens: they stay valid until they expire.
    public func forget(_ name: ApplicationName?) async throws(VaultError) {
        try await dependencies.perform { () throws(VaultError) in
            let contents = try contents
            let application = try name.map { (name) throws(VaultError) in try contents.application(name).application }
            try contents.forget(application, now: dependencies.now())
            tokens.drop()
        }
    }

    /// Drops the tokens in this process's memory, and reads the vault anew.
    ///
    /// A process notices the changes of others (a secret, the default application, dropped tokens) when its cached
    /// token expires; `reload` is for programs that can't wait for that.
    ///
    /// - Throws: `locked` if the vault got a new key; why it can't be read.
    public func reload() async throws(VaultError) {
        tokens.drop()
        try await dependencies.perform { () throws(VaultError) in _ = try contents.read() }
    }
}

extension Vault {
    private func cachedToken(_ key: TokenKey, _ options: TokenOptions) throws(VaultError) -> AccessToken? {
        let minimum = Int64(options.minimumLifetime)
        let token = try tokens.token(for: key, minimum: minimum, at: dependencies.moment) { renew($0, key, $1) }
        if let token { dependencies.log(.found(token.application, seconds: Int64(token.remainingSeconds))) }
        return token
    }

    private func storedToken(_ key: TokenKey, _ options: TokenOptions) async throws(VaultError) -> AccessToken {
        let acquirer = acquirer(try contents, key, options, .use, nil)
        let look = try await dependencies.perform { () throws(VaultError) in try acquirer.look() }
        guard case .found(let result) = look else {
            throw VaultError(.noUsableToken)
        }
        return accessToken(result, key)
    }

    /// Looks into the vault or asks the server, or waits for another task that does.
    private func newToken(_ key: TokenKey, _ options: TokenOptions) async throws(VaultError) -> AccessToken {
        guard !Task.isCancelled else { throw .cancelled }
        let contents = try contents
        let began = dependencies.now()
        let flightKey = TokenCache.FlightKey(
            token: key,
            minimum: Int64(options.minimumLifetime),
            refreshing: options.refresh ? began : nil
        )
        let (flight, isFirst) = try tokens.joinOrStart(flightKey)
        if isFirst {
            let acquirer = acquirer(contents, key, options, options.refresh ? .refresh : .use, flight)
            do throws(VaultError) {
                // A look is short and usually enough: it runs on this task's own thread if that may block.
                let look = try await dependencies.perform { () throws(VaultError) in try acquirer.look() }
                switch look {
                case .found(let result): complete(flight, flightKey, .success(result))
                case .wanted(let miss):
                    run(flight, flightKey) { () throws(VaultError) in try acquirer.ask(miss) }
                }
            } catch {
                complete(flight, flightKey, .failure(error))
            }
        }
        return accessToken(try await flight.outcome(), key)
    }

    private func renew(_ token: StoredToken, _ key: TokenKey, _ flight: TokenFlight) {
        let flightKey = TokenCache.FlightKey(token: key, minimum: 0, refreshing: nil)
        let options = TokenOptions(scope: key.scope, parameters: key.parameters)
        guard let contents = try? contents else { return complete(flight, flightKey, .failure(.closed)) }
        let acquirer = acquirer(contents, key, options, .renewal(of: token), flight)
        run(flight, flightKey) { () throws(VaultError) in
            switch try acquirer.look() {
            case .found(let result): return result
            case .wanted(let miss): return try acquirer.ask(miss)
            }
        }
    }

    /// Waits for a server on a separate thread and in a detached task: cancelling one caller doesn't cancel the others.
    private func run(
        _ flight: TokenFlight,
        _ flightKey: TokenCache.FlightKey,
        _ body: @escaping @Sendable () throws(VaultError) -> TokenResult
    ) {
        Task.detached(executorPreference: BlockingExecutor.requests) { [tokens, dependencies] in
            let outcome = Result(catching: body)
            if case .failure(let error) = outcome {
                dependencies.log(.failed(error))
                if flight.isRenewal { dependencies.warn(of: .renewalFailed(error)) }
            }
            tokens.complete(flight, flightKey, outcome, at: dependencies.moment)
        }
    }

    private func complete(_ flight: TokenFlight, _ flightKey: TokenCache.FlightKey, _ outcome: TokenFlight.Outcome) {
        tokens.complete(flight, flightKey, outcome, at: dependencies.moment)
    }

    private func acquirer(
        _ contents: UnlockedVault,
        _ key: TokenKey,
        _ options: TokenOptions,
        _ purpose: TokenAcquirer.Purpose,
        _ flight: TokenFlight?
    ) -> TokenAcquirer {
        TokenAcquirer(
            contents: contents,
            dependencies: dependencies,
            key: key,
            options: options,
            purpose: purpose,
            rejected: tokens.rejected,
            held: tokens.held(key),
            interruption: flight?.interruption,
            deadline: .now + dependencies.timeLimit
        )
    }

    private func accessToken(_ result: TokenResult, _ key: TokenKey) -> AccessToken {
        let moment = dependencies.moment
        // The cached entry is measured by both clocks.
        let held = tokens.held(key).flatMap { $0.token == result.token ? $0 : nil }
        let rest = held?.remaining(at: moment) ?? result.token.lifetime.remaining(at: moment.now)
        if result.source == .vault { dependencies.log(.found(result.application, seconds: rest)) }
        return AccessToken(result.token, of: result.application, remaining: rest, result.source)
    }
}
