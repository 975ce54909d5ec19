internal import VaultStore

extension Vault {
    /// A token: the one at hand while it is usable, else a new one.
    ///
    /// However many tasks and processes ask at once, one of them asks the server, and a failure is shared as a token is.
    /// A token in the last tenth of its life is renewed in the background while it is still given out. Whoever gets one
    /// that is at hand isn't suspended, and reads no file.
    ///
    /// A task that is cancelled stops waiting at once; the request goes on, and what it brings is kept.
    ///
    /// - Parameters:
    ///   - name: whose; nil for the default application, or the only one.
    ///   - options: scope, parameters, least lifetime, and whether the cache is passed over, or nobody is asked.
    /// - Returns: the token.
    /// - Throws: `noApplication`; `noToken` when nobody is to be asked; `credentialRefused`, which is never tried again by
    ///   itself, and remembered for a minute; `tryAgain`; `unexpectedAnswer`; `cancelled`; `damaged`; `configuration`.
    public func token(
        for name: ApplicationName? = nil,
        _ options: TokenOptions = TokenOptions()
    ) async throws(VaultError) -> AccessToken {
        let wish = TokenKey(name, options)
        if !options.refresh, let token = try tokenAtHand(wish, options) { return token }
        try options.check()
        return options.offline ? try await storedToken(wish, options) : try await newToken(wish, options)
    }

    /// Tells that an API has refused a token (401) though it should live: it is forgotten, and the next caller gets
    /// another one.
    ///
    /// However many tasks tell it of one token, it is replaced once. Nothing happens where another one has taken its place
    /// already, and none is forgotten that took the place of a refused one less than a minute ago: then it isn't the
    /// token that is wrong.
    ///
    /// - Parameter token: which was refused.
    /// - Returns: whether it is worth trying once more with the next token.
    /// - Throws: what keeps the vault from being read.
    @discardableResult
    public func invalidate(_ token: AccessToken) async throws(VaultError) -> Bool {
        try await dependencies.perform { () throws(VaultError) in
            let contents = try contents
            // Its application may be gone, or have another name: then nobody is given the token from the vault.
            let rows = (try? contents.application(token.application).tokens) ?? []
            let row = rows.first { (try? contents.sealer.token($0))?.value == token.value }
            guard let id = row?.id ?? tokens.id(of: token.value) else { return true }
            guard tokens.reject(token.value, id: id, at: dependencies.moment) else { return false }
            guard let row, !isReadOnly else { return true }
            do throws(VaultError) { try contents.remove(row) } catch {
                dependencies.warn("The refused token stays in the vault. \(error.sentence) \(error.remedy)")
            }
            return true
        }
    }

    /// Forgets what this process has in its memory of the vault's tokens, and reads the vault anew.
    ///
    /// What other processes have changed (a secret, the default application, dropped tokens) is noticed by itself when a
    /// token at hand comes to its end; this is for whoever can't wait for that.
    ///
    /// - Throws: `locked` when the vault has got a new key; what keeps it from being read.
    public func reload() async throws(VaultError) {
        tokens.drop()
        try await dependencies.perform { () throws(VaultError) in _ = try contents.read() }
    }
}

extension Vault {
    private func tokenAtHand(_ wish: TokenKey, _ options: TokenOptions) throws(VaultError) -> AccessToken? {
        let moment = dependencies.moment
        let minimum = Int64(options.minimumLifetime)
        guard let (held, renewal) = try tokens.token(for: wish, minimum: minimum, at: moment) else { return nil }
        if let renewal { renew(held.token, wish, renewal) }
        let rest = held.remaining(at: moment)
        dependencies.log(.found(held.application, seconds: rest))
        return AccessToken(held.token, of: held.application, remaining: rest, .vault)
    }

    private func storedToken(_ wish: TokenKey, _ options: TokenOptions) async throws(VaultError) -> AccessToken {
        let issuer = issuer(try contents, wish, options, .use, nil)
        let look = try await dependencies.perform { () throws(VaultError) in try issuer.look() }
        guard case .found(let issued) = look else {
            throw VaultError(.noUsableToken)
        }
        return accessToken(issued, wish)
    }

    /// Looks into the vault or asks the server, or waits for another task that does.
    private func newToken(_ wish: TokenKey, _ options: TokenOptions) async throws(VaultError) -> AccessToken {
        guard !Task.isCancelled else { throw .cancelled }
        let contents = try contents
        let began = dependencies.now()
        let key = TokenCache.FlightKey(
            wish: wish,
            minimum: Int64(options.minimumLifetime),
            refreshing: options.refresh ? began : nil
        )
        let (flight, isFirst) = try tokens.joinOrStart(key)
        if isFirst {
            let issuer = issuer(contents, wish, options, options.refresh ? .refresh : .use, flight)
            do throws(VaultError) {
                // A look is short, and most often it is all: on this task's own thread, when that is one that may block.
                let look = try await dependencies.perform { () throws(VaultError) in try issuer.look() }
                switch look {
                case .found(let issued): complete(flight, key, .success(issued))
                case .wanted(let prospect):
                    run(flight, key) { () throws(VaultError) in try issuer.ask(prospect) }
                }
            } catch {
                complete(flight, key, .failure(error))
            }
        }
        return accessToken(try await flight.outcome(), wish)
    }

    private func renew(_ token: StoredToken, _ wish: TokenKey, _ flight: TokenFlight) {
        let key = TokenCache.FlightKey(wish: wish, minimum: 0, refreshing: nil)
        let options = TokenOptions(scope: wish.scope, parameters: wish.parameters)
        guard let contents = try? contents else { return complete(flight, key, .failure(.closed)) }
        let issuer = issuer(contents, wish, options, .renewal(of: token), flight)
        run(flight, key) { () throws(VaultError) in
            switch try issuer.look() {
            case .found(let issued): return issued
            case .wanted(let prospect): return try issuer.ask(prospect)
            }
        }
    }

    /// Runs what waits for a server on a thread of its own, and for no task in particular: whoever cancels its own
    /// cancels nobody else's.
    private func run(
        _ flight: TokenFlight,
        _ key: TokenCache.FlightKey,
        _ body: @escaping @Sendable () throws(VaultError) -> TokenResult
    ) {
        Task.detached(executorPreference: BlockingExecutor.requests) { [tokens, dependencies] in
            let outcome = Result(catching: body)
            if case .failure(let error) = outcome {
                dependencies.log(.failed(error))
                if flight.isRenewal {
                    dependencies.warn("The token isn't renewed yet. \(error.sentence) \(error.remedy)")
                }
            }
            tokens.complete(flight, key, outcome, at: dependencies.moment)
        }
    }

    private func complete(_ flight: TokenFlight, _ key: TokenCache.FlightKey, _ outcome: TokenFlight.Outcome) {
        tokens.complete(flight, key, outcome, at: dependencies.moment)
    }

    private func issuer(
        _ contents: UnlockedVault,
        _ wish: TokenKey,
        _ options: TokenOptions,
        _ purpose: TokenAcquirer.Purpose,
        _ flight: TokenFlight?
    ) -> TokenAcquirer {
        TokenAcquirer(
            contents: contents,
            dependencies: dependencies,
            wish: wish,
            options: options,
            purpose: purpose,
            rejected: tokens.rejected,
            held: tokens.held(wish),
            interruption: flight?.interruption
        )
    }

    private func accessToken(_ issued: TokenResult, _ wish: TokenKey) -> AccessToken {
        let moment = dependencies.moment
        // What is held is measured by both clocks.
        let held = tokens.held(wish).flatMap { $0.token == issued.token ? $0 : nil }
        let rest = held?.remaining(at: moment) ?? issued.token.lifetime.remaining(at: moment.now)
        if issued.source == .vault { dependencies.log(.found(issued.application, seconds: rest)) }
        return AccessToken(issued.token, of: issued.application, remaining: rest, issued.source)
    }
}
