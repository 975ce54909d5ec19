internal import VaultCrypto
internal import VaultOAuth
internal import VaultStore

/// Gives out one token: the cached one, or a new one that it asks for while nobody else does.
///
/// It blocks: for the lease of another process, for the server.
struct TokenIssuer {
    let contents: VaultContents
    let doors: VaultDoors
    let options: TokenOptions

    /// How long a holder of the lease may need at worst, and a little more.
    private var patience: Duration { doors.timeLimit + .seconds(5) }
    /// How much of a token's life must be left when it is given out for want of a new one, in seconds.
    private static let leastRest: Int64 = 5

    private var minimum: Int64 { Int64(options.minimumLifetime) }

    func token(for name: ApplicationName?) throws(VaultError) -> AccessToken {
        let (application, rows) = try contents.application(name)
        // After the look into the cache: what is stored from here on, and was asked for since, is shared by refreshers.
        let began = doors.now()
        let request = try translating { () throws(OAuthError) in
            try TokenRequest(endpoint: application.metadata.endpoint, scope: options.scope)
        }
        let id = contents.sealer.tokenID(of: application.row.id, application.metadata, request: request.body)
        let cached = rows.first { $0.id == id }.flatMap(open)
        if let cached, !options.refresh, cached.lifetime.isUsable(at: began, minimum: minimum) {
            return accessToken(cached, application, .vault)
        }

        // What was granted for less than is wanted would be granted for less again.
        if let cached, !options.refresh, cached.lifetime.isUsable(at: began), cached.lifetime.seconds <= minimum {
            throw cached.lifetime.tooShort(for: minimum)
        }

        switch try waitForLease(id, began: began, seen: cached) {
        case .found(let token): return accessToken(token, application, .vault)
        case .acquired(let lease): return try ask(request, application, id: id, cached: cached, under: consume lease)
        case .unavailable: return try ask(request, application, id: id, cached: cached, under: nil)
        }
    }

    // MARK: - The lease

    private enum Waited: ~Copyable {
        case acquired(Lease)
        case found(CachedToken)
        /// There is nothing to lock here; whoever asks, asks.
        case unavailable
    }

    private func waitForLease(_ id: [UInt8], began: Int64, seen: CachedToken?) throws(VaultError) -> Waited {
        // A token that wasn't there when we began, and was asked for since, is as new as ours would be: those who
        // refresh at the same time share it.
        func shared() throws(StoreError) -> CachedToken? {
            guard
                let token = try contents.database.read(Wanted(tokens: .identified(id: id))).tokens.first.flatMap(open),
                token.lifetime.isUsable(at: doors.now(), minimum: minimum)
            else { return nil }
            guard options.refresh else { return token }
            return token != seen && token.lifetime.asked >= began ? token : nil
        }
        do throws(StoreError) {
            let file = try lockFile()
            switch try Lease.acquire(LeaseName(token: id), in: file, until: .now + patience, checking: shared) {
            case .found(let token): return .found(token)
            case .acquired(let lease):
                if let token = try shared() { return .found(token) }
                return .acquired(lease)
            }
        } catch {
            guard case .leasesUnavailable = error else { throw VaultError(error) }
            doors.warn("\(error.sentence) Others may ask the server at the same time.")
            return .unavailable
        }
    }

    private func lockFile() throws(StoreError) -> LockFile {
        let vault = contents.database.file
        guard contents.database.isReadOnly else { return try LockFile.open(beside: vault) }
        guard let folder = environmentVariable("XDG_RUNTIME_DIR") else {
            throw .leasesUnavailable(path: vault.path, errno: 0)
        }
        return try LockFile.open(for: vault, runtimeFolder: folder)
    }

    // MARK: - The request

    /// Asks the server and keeps what it gives; the lease is lent so that it can't end before.
    private func ask(
        _ request: TokenRequest,
        _ application: StoredApplication,
        id: [UInt8],
        cached: CachedToken?,
        under lease: borrowing Lease?
    ) throws(VaultError) -> AccessToken {
        let secret = try contents.secret(of: application)
        let granted: GrantedToken
        doors.log(.asking(application.metadata.name, endpoint: application.metadata.endpoint.origin))
        do throws(OAuthError) {
            granted = try GrantedToken(request, for: application.metadata, secret: secret, doors: doors)
        } catch {
            // Whoever wants a token and nothing more is given one that still lives.
            let least = max(minimum, Self.leastRest)
            if let cached, !options.refresh, cached.lifetime.remaining(at: doors.now()) > least {
                let failure = error.sentence(asking: application.metadata)
                doors.warn("\(failure) The cached token is given out while it lives. \(error.remedy)")
                return accessToken(cached, application, .vault)
            }
            throw VaultError(error, asking: application.metadata)
        }
        doors.log(.granted(application.metadata.name, seconds: granted.token.lifetime.seconds))
        if granted.isCacheable { store(granted.token, of: application, id: id) }
        try granted.check(minimum: minimum, now: doors.now())
        return accessToken(granted.token, application, .endpoint)
    }

    // MARK: - The cache

    /// A cached token that can't be opened is none: another one is asked for.
    private func open(_ row: TokenRecord) -> CachedToken? { try? contents.sealer.token(row) }

    // The token is in hand: that it can't be kept is worth a warning and no more.
    private func store(_ token: CachedToken, of application: StoredApplication, id: [UInt8]) {
        guard !contents.database.isReadOnly else {
            return doors.warn("The vault at \(contents.database.file.path) is read-only: the token isn't kept.")
        }
        do {
            let row = contents.sealer.token(id, of: application.row.id, token)
            try contents.store(row, of: application.metadata.name, now: doors.now())
        } catch {
            doors.warn("The token isn't kept. \(error.sentence) \(error.remedy)")
        }
    }

    private func accessToken(
        _ token: CachedToken,
        _ application: StoredApplication,
        _ source: AccessToken.Source
    ) -> AccessToken {
        let now = doors.now()
        if source == .vault {
            doors.log(.found(application.metadata.name, seconds: token.lifetime.remaining(at: now)))
        }
        return AccessToken(token, of: application.metadata.name, at: now, source)
    }
}
