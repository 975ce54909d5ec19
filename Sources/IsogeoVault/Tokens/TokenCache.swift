internal import Synchronization
internal import VaultOAuth

/// What a vault remembers of tokens while it is open: those at hand, those that are being got, and what went wrong.
///
/// It spares the file and the server, and is never more than that: all of it may be dropped at any moment. Tokens lie
/// here in ordinary memory.
final class TokenCache: Sendable {
    /// Which callers share one request: those whom the same token serves.
    struct FlightKey: Hashable, Sendable {
        let wish: TokenKey
        let minimum: Int64
        /// For those who pass over the cache, the second in which they came: nobody is given what was asked for before.
        let refreshing: Int64?
    }

    /// How a renewal that failed is kept from being tried at each call.
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
    }

    /// What is left of a token when it is given out for want of a new one, at least, in seconds.
    static let minimumStaleLifetime: Int64 = 5
    /// How long a token's successor is believed in, in milliseconds: one that an API refuses as well isn't replaced too.
    static let replacementPause: Int64 = 60_000
    // Five seconds, doubled at each failure, and five minutes at most: a token in its last tenth lives that long.
    private static let backOffBounds: (first: Int64, longest: Int64) = (5000, 300_000)
    /// So many of anything are remembered before it is looked through for what is over.
    private static let roomyCount = 256

    private let state = Mutex(State())

    /// How many tasks of this process wait for a token.
    var waiterCount: Int { state.withLock { $0.flights.values.reduce(0) { $0 + $1.waiterCount } } }

    /// Whether a token is being got.
    var hasFlights: Bool { state.withLock { !$0.flights.isEmpty } }

    /// The tokens at hand.
    var values: [String] { state.withLock { $0.held.values.map(\.token.value) } }

    // MARK: - Tokens at hand

    /// The token that is at hand, if it may be given out.
    ///
    /// - Parameters:
    ///   - wish: which.
    ///   - minimum: seconds that it must still live.
    ///   - moment: now.
    /// - Returns: the token, and, where the caller is to have it renewed, the flight for that. Nobody else is given one
    ///   until it has landed.
    /// - Throws: `locked` when the vault was closed.
    func token(for wish: TokenKey, minimum: Int64, at moment: Moment) throws(VaultError) -> (
        token: CacheEntry, renewal: TokenFlight?
    )? {
        try state.withLock { state throws(VaultError) in
            guard !state.isClosed else { throw .closed }
            guard let held = state.held[wish] else { return nil }
            guard held.isUsable(at: moment, minimum: minimum) else {
                // While the server is left in peace, a token past its skew is better than none.
                guard let backOff = state.backOffs[wish], moment.uptime < backOff.end,
                    held.token.lifetime.isPlausible(moment.now),
                    held.remaining(at: moment) > max(minimum, Self.minimumStaleLifetime)
                else { return nil }
                return (held, nil)
            }
            guard held.isDue(at: moment), state.backOffs[wish].map({ $0.end <= moment.uptime }) ?? true else {
                return (held, nil)
            }
            let key = FlightKey(wish: wish, minimum: 0, refreshing: nil)
            guard state.flights[key] == nil else { return (held, nil) }
            let flight = TokenFlight(isRenewal: true, generation: state.generation)
            state.flights[key] = flight
            return (held, flight)
        }
    }

    /// The token of a wish, whether it may be given out or not.
    func held(_ wish: TokenKey) -> CacheEntry? { state.withLock { $0.held[wish] } }

    /// Tokens that an API has refused: they are not taken from the vault again.
    var rejected: Set<String> { state.withLock { Set($0.rejected) } }

    // MARK: - Flights

    /// The flight that gets what the key says, and whether it is the caller who has to make it land.
    ///
    /// - Throws: `locked` when the vault was closed.
    func joinOrStart(_ key: FlightKey) throws(VaultError) -> (flight: TokenFlight, isFirst: Bool) {
        try state.withLock { state throws(VaultError) in
            guard !state.isClosed else { throw .closed }
            if let flight = state.flights[key] { return (flight, false) }
            let flight = TokenFlight(isRenewal: false, generation: state.generation)
            state.flights[key] = flight
            return (flight, true)
        }
    }

    /// Takes in how a flight ended, then lets those go who wait for it.
    func complete(_ flight: TokenFlight, _ key: FlightKey, _ outcome: TokenFlight.Outcome, at moment: Moment) {
        state.withLock { state in
            if state.flights[key] === flight { state.flights[key] = nil }
            guard flight.generation == state.generation, !state.isClosed else { return }
            Self.clear(&state, at: moment)
            switch outcome {
            case .success(let issued):
                Self.hold(issued, key.wish, &state, at: moment)
                if issued.failure == nil {
                    state.backOffs[key.wish] = nil
                } else {
                    Self.backOff(key.wish, &state, moment)
                }
            case .failure:
                if flight.isRenewal { Self.backOff(key.wish, &state, moment) }
            }
        }
        flight.complete(outcome)
    }

    private static func hold(_ issued: TokenResult, _ wish: TokenKey, _ state: inout State, at moment: Moment) {
        guard issued.isKept, !state.rejected.contains(issued.token.value) else { return }
        if let held = state.held[wish] {
            // The same one keeps the measure that was taken first.
            if held.token == issued.token { return }
            if held.isUsable(at: moment, minimum: 0), held.token.lifetime.asked > issued.token.lifetime.asked { return }
        }
        state.held[wish] = CacheEntry(issued, at: moment)
    }

    private static func backOff(_ wish: TokenKey, _ state: inout State, _ moment: Moment) {
        var backOff = state.backOffs[wish] ?? BackOff()
        let longest = min(backOffBounds.longest, backOffBounds.first << min(backOff.failures, 10))
        backOff.failures += 1
        backOff.end = moment.uptime + Int64.random(in: longest / 2...longest)
        state.backOffs[wish] = backOff
    }

    private static func clear(_ state: inout State, at moment: Moment) {
        guard state.held.count + state.backOffs.count + state.replaced.count > roomyCount else { return }
        state.held = state.held.filter { $0.value.remaining(at: moment) > 0 }
        state.backOffs = state.backOffs.filter { state.held[$0.key] != nil }
        state.replaced = state.replaced.filter { moment.uptime - $0.value < replacementPause }
    }

    // MARK: - Ends

    /// Forgets a token that an API refuses.
    ///
    /// - Returns: false where it has taken the place of another a minute ago, which an API refused as well: then the
    ///   token isn't what is wrong, and nothing is forgotten.
    func reject(_ value: String, id: [UInt8], at moment: Moment) -> Bool {
        state.withLock { state in
            guard !state.rejected.contains(value) else { return true }
            if let replaced = state.replaced[id], moment.uptime - replaced < Self.replacementPause { return false }
            state.replaced[id] = moment.uptime
            state.rejected = state.rejected.suffix(Self.roomyCount - 1) + [value]
            state.held = state.held.filter { $0.value.token.value != value }
            return true
        }
    }

    /// What a token at hand is found under in the vault.
    func id(of value: String) -> [UInt8]? {
        state.withLock { state in state.held.values.first { $0.token.value == value }?.id }
    }

    /// Forgets all: something was changed, and what is at hand, or under way, may be of before.
    func drop() {
        state.withLock { state in
            state.generation += 1
            (state.held, state.flights, state.backOffs) = ([:], [:], [:])
        }
    }

    /// Forgets all for good, and ends renewals that nobody waits for.
    func close() {
        let flights = state.withLock { state in
            state.isClosed = true
            defer { (state.held, state.flights, state.rejected) = ([:], [:], []) }
            return Array(state.flights.values)
        }
        for flight in flights where flight.isRenewal && flight.waiterCount == 0 { flight.interruption.interrupt() }
    }
}
