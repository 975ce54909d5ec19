/// A token in this process's memory, measured by two clocks.
///
/// The wall clock may be set meanwhile; the boot clock runs on through that, and through sleep. The clock that shows
/// less time left counts.
struct CacheEntry: Sendable {
    let token: StoredToken
    /// The application, by its name at the time of the request.
    let application: ApplicationName
    /// Its id in the vault.
    let id: [UInt8]
    /// Its end on the boot clock, in milliseconds.
    private let end: Int64

    init(_ result: TokenResult, at moment: Moment) {
        token = result.token
        application = result.application
        id = result.id
        end = moment.uptime + result.token.lifetime.remaining(at: moment.now) * 1000
    }

    private init(token: StoredToken, application: ApplicationName, id: [UInt8], end: Int64) {
        self.token = token
        self.application = application
        self.id = id
        self.end = end
    }

    /// The same in memory of its own, with reference counts of its own.
    var copy: CacheEntry {
        let token = StoredToken(value: token.value.copy, lifetime: token.lifetime)
        return CacheEntry(token: token, application: application.copy, id: id.map(\.self), end: end)
    }

    /// The whole seconds left.
    func remaining(at moment: Moment) -> Int64 {
        max(0, min(token.lifetime.remaining(at: moment.now), (end - moment.uptime) / 1000))
    }

    /// What a caller gets.
    func accessToken(at moment: Moment) -> AccessToken {
        AccessToken(token, of: application, remaining: remaining(at: moment), .vault)
    }

    func isUsable(at moment: Moment, minimum: Int64) -> Bool {
        token.lifetime.isUsable(at: moment.now, minimum: minimum)
            && moment.uptime + max(token.lifetime.skew, minimum) * 1000 < end
    }

    /// Whether the token is due for renewal.
    func isDue(at moment: Moment) -> Bool { remaining(at: moment) <= token.lifetime.renewalThreshold }
}

/// One moment, read from both clocks.
struct Moment: Sendable {
    /// Seconds since 1970; it may be set.
    let now: Int64
    /// Milliseconds since the computer started, sleep included; it can't be set.
    let uptime: Int64
}
