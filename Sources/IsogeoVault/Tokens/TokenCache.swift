internal import Synchronization
internal import VaultHTTP
internal import VaultOAuth

/// Identifies a token among all that a vault can acquire.
///
/// One token serves equal keys as long as nothing changes in the vault.
struct TokenKey: Hashable, Sendable {
    /// Nil for the default application, whichever that is at the time.
    let name: ApplicationName?
    let scope: String?
    let parameters: [TokenOptions.Parameter]

    init(_ name: ApplicationName?, _ options: TokenOptions) {
        self.name = name
        scope = options.scope
        parameters = options.parameters
    }

    /// The same in memory of its own.
    var copy: TokenKey {
        let parameters = parameters.map { TokenOptions.Parameter($0.name.copy, $0.value.copy) }
        return TokenKey(name?.copy, TokenOptions(scope: scope?.copy, parameters: parameters))
    }
}

/// An open vault's cached tokens, requests in flight, and failed renewals.
///
/// It saves reads of the file and requests to the server, nothing more: all of it may be dropped at any moment. Tokens
/// lie here in ordinary memory.
final class TokenCache: Sendable {
    /// Callers with equal keys share one request.
    struct FlightKey: Hashable, Sendable {
        let token: TokenKey
        let minimum: Int64
        /// The second in which a call that bypasses the cache came: a request that began in an earlier one doesn't
        /// serve it.
        let refreshing: Int64?
    }

    /// The pause after a failed renewal, so that it isn't tried at each call.
    private struct BackOff {
        var failures: Int64 = 0
        /// On the boot clock, in milliseconds.
        var end: Int64 = 0
    }

    private struct State {
        var isClosed = false
        var generation = 0
        var held: [TokenKey: CacheEntry] = [:]
        var flights: [FlightKey: TokenFlight] = [:]
        var backOffs: [TokenKey: BackOff] = [:]
        var rejected: [String] = []
        var replaced: [[UInt8]: Int64] = [:]
        /// The keys of the tokens that the stripes hold.
        var striped: Set<TokenKey> = []
    }

    /// A token that stands in for a new one lives at least this long, in seconds.
    static let minimumStaleLifetime: Int64 = 5
    /// For so long, in milliseconds, a token that replaced a refused one isn't replaced itself.
    static let replacementPause: Int64 = 60_000
    // Five seconds, doubled with each failure, up to five minutes: a token in its last tenth lives that long.
    private static let backOffBounds: (first: Int64, longest: Int64) = (5000, 300_000)
    /// Expired entries are removed once there are more entries than this.
    private static let roomyCount = 256

    private let state = Mutex(State())
    /// Where most calls find their token, without this cache's lock.
    let stripes = TokenStripes()

    /// The tasks of this process that wait for a token.
    var waiterCount: Int { state.withLock { $0.flights.values.reduce(0) { $0 + $1.waiterCount } } }

    /// Whether a request is in flight.
    var hasFlights: Bool { state.withLock { !$0.flights.isEmpty } }

    /// The cached tokens.
    var values: [String] { state.withLock { $0.held.values.map(\.token.value) } }

    // MARK: - Cached tokens

    /// The cached token, if it is usable.
    ///
    /// - Parameters:
    ///   - key: the token's.
    ///   - minimum: seconds that the token must still live.
    ///   - moment: now.
    ///   - renew: gets the token and the flight for its renewal, if this caller has to renew it. No other caller has to
    ///     until that flight is complete.
    /// - Returns: nil if there is none.
    /// - Throws: `locked` if the vault is closed.
    func token(
        for key: TokenKey,
        minimum: Int64,
        at moment: Moment,
        renew: (StoredToken, TokenFlight) -> Void
    ) throws(VaultError) -> AccessToken? {
        if let token = stripes.token(for: key, minimum: minimum, at: moment) { return token }
        guard let (held, renewal) = try entry(key, minimum, moment) else { return nil }
        if let renewal { renew(held.token, renewal) }
        return held.accessToken(at: moment)
    }

    private func entry(_ key: TokenKey, _ minimum: Int64, _ moment: Moment) throws(VaultError) -> (
        held: CacheEntry, renewal: TokenFlight?
    )? {
        try state.withLock { state throws(VaultError) in
            guard !state.isClosed else { throw .closed }
            guard let held = state.held[key] else { return nil }
            guard held.isUsable(at: moment, minimum: minimum) else {
                // During the pause after a failure, a token past its skew is better than none.
                guard let backOff = state.backOffs[key], moment.uptime < backOff.end,
                    held.token.lifetime.isPlausible(moment.now),
                    held.remaining(at: moment) > max(minimum, Self.minimumStaleLifetime)
                else { return nil }
                return (held, nil)
            }
            guard held.isDue(at: moment) else {
                copy(held, key, &state)
                return (held, nil)
            }
            guard state.backOffs[key].map({ $0.end <= moment.uptime }) ?? true else { return (held, nil) }
            let flightKey = FlightKey(token: key, minimum: 0, refreshing: nil)
            guard state.flights[flightKey] == nil else { return (held, nil) }
            let flight = TokenFlight(isRenewal: true, generation: state.generation)
            state.flights[flightKey] = flight
            return (held, flight)
        }
    }

    /// Spares the next calls this cache's lock.
    private func copy(_ held: CacheEntry, _ key: TokenKey, _ state: inout State) {
        guard state.striped.count < TokenStripes.roomCount, state.striped.insert(key).inserted else { return }
        stripes.add(held, for: key)
    }

    /// Changes what is held, and empties the stripes: none has a token from before when this returns.
    private func change<Result>(_ body: (inout State) -> Result) -> Result {
        state.withLock { state in
            defer {
                stripes.removeAll()
                state.striped = []
            }
            return body(&state)
        }
    }

    /// The cached token, usable or not.
    func held(_ key: TokenKey) -> CacheEntry? { state.withLock { $0.held[key] } }

    /// Tokens that an API has refused, which the vault's copy must not bring back.
    var rejected: Set<String> { state.withLock { Set($0.rejected) } }

    // MARK: - Flights

    /// The flight for a key, and whether the caller has to complete it.
    ///
    /// - Throws: `locked` if the vault is closed.
    func joinOrStart(_ flightKey: FlightKey) throws(VaultError) -> (flight: TokenFlight, isFirst: Bool) {
        try state.withLock { state throws(VaultError) in
            guard !state.isClosed else { throw .closed }
            if let flight = state.flights[flightKey] { return (flight, false) }
            let flight = TokenFlight(isRenewal: false, generation: state.generation)
            state.flights[flightKey] = flight
            return (flight, true)
        }
    }

    /// Records a flight's outcome, then resumes the tasks that wait for it.
    func complete(_ flight: TokenFlight, _ flightKey: FlightKey, _ outcome: TokenFlight.Outcome, at moment: Moment) {
        change { state in
            if state.flights[flightKey] === flight { state.flights[flightKey] = nil }
            guard flight.generation == state.generation, !state.isClosed else { return }
            Self.clear(&state, at: moment)
            switch outcome {
            case .success(let result):
                Self.hold(result, flightKey.token, &state, at: moment)
                if result.failure == nil {
                    state.backOffs[flightKey.token] = nil
                } else {
                    Self.backOff(flightKey.token, &state, moment)
                }
            case .failure:
                if flight.isRenewal { Self.backOff(flightKey.token, &state, moment) }
            }
        }
        flight.complete(outcome)
    }

    private static func hold(_ result: TokenResult, _ key: TokenKey, _ state: inout State, at moment: Moment) {
        guard result.isKept, !state.rejected.contains(result.token.value) else { return }
        if let held = state.held[key] {
            // The same token keeps its first measurement.
            if held.token == result.token { return }
            if held.isUsable(at: moment, minimum: 0), held.token.lifetime.asked > result.token.lifetime.asked { return }
        }
        state.held[key] = CacheEntry(result, at: moment)
    }

    private static func backOff(_ key: TokenKey, _ state: inout State, _ moment: Moment) {
        var backOff = state.backOffs[key] ?? BackOff()
        let longest = min(backOffBounds.longest, backOffBounds.first << min(backOff.failures, 10))
        backOff.failures += 1
        backOff.end = moment.uptime + Int64.random(in: longest / 2...longest)
        state.backOffs[key] = backOff
    }

    private static func clear(_ state: inout State, at moment: Moment) {
        guard state.held.count + state.backOffs.count + state.replaced.count > roomyCount else { return }
        state.held = state.held.filter { $0.value.remaining(at: moment) > 0 }
        state.backOffs = state.backOffs.filter { state.held[$0.key] != nil }
        state.replaced = state.replaced.filter { moment.uptime - $0.value < replacementPause }
    }

    // MARK: - Ends

    /// Drops a token that an API refuses.
    ///
    /// - Returns: false if the token replaced another refused one within the last minute: then the token isn't the
    ///   cause, and stays.
    func reject(_ value: String, id: [UInt8], at moment: Moment) -> Bool {
        change { state in
            guard !state.rejected.contains(value) else { return true }
            if let replaced = state.replaced[id], moment.uptime - replaced < Self.replacementPause { return false }
            state.replaced[id] = moment.uptime
            state.rejected = state.rejected.suffix(Self.roomyCount - 1) + [value]
            state.held = state.held.filter { $0.value.token.value != value }
            return true
        }
    }

    /// A cached token's id in the vault.
    func id(of value: String) -> [UInt8]? {
        state.withLock { state in state.held.values.first { $0.token.value == value }?.id }
    }

    /// Drops everything: the vault has changed, and cached tokens and flights may be from before.
    func drop() {
        change { state in
            state.generation += 1
            (state.held, state.flights, state.backOffs) = ([:], [:], [:])
        }
    }

    /// Drops everything for good, and ends renewals without a waiting task.
    func close() {
        let flights = change { state in
            state.isClosed = true
            defer { (state.held, state.flights, state.rejected) = ([:], [:], []) }
            return Array(state.flights.values)
        }
        for flight in flights where flight.isRenewal && flight.waiterCount == 0 { flight.interruption.interrupt() }
    }
}
