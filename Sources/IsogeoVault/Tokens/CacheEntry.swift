/// A token that this process has in its memory, measured by two clocks.
///
/// The clock of the day may be set while it is held; the boot clock goes on through that, and through sleep. What is left
/// by the one or the other, the smaller counts.
struct CacheEntry: Sendable {
    let token: StoredToken
    /// Whose it is, by its name when it was asked for.
    let application: ApplicationName
    /// What it is found under in the vault.
    let id: [UInt8]
    /// Its end on the boot clock, in milliseconds.
    private let end: Int64

    init(_ issued: TokenResult, at moment: Moment) {
        token = issued.token
        application = issued.application
        id = issued.id
        end = moment.uptime + issued.token.lifetime.remaining(at: moment.now) * 1000
    }

    /// How many whole seconds are left.
    func remaining(at moment: Moment) -> Int64 {
        max(0, min(token.lifetime.remaining(at: moment.now), (end - moment.uptime) / 1000))
    }

    func isUsable(at moment: Moment, minimum: Int64) -> Bool {
        token.lifetime.isUsable(at: moment.now, minimum: minimum)
            && moment.uptime + max(token.lifetime.skew, minimum) * 1000 < end
    }

    /// Whether it is time for another one.
    func isDue(at moment: Moment) -> Bool { remaining(at: moment) <= token.lifetime.renewalThreshold }
}

/// One moment, read from both clocks.
struct Moment: Sendable {
    /// Seconds since 1970; it may be set.
    let now: Int64
    /// Milliseconds since the computer started, sleep included; nobody sets it.
    let uptime: Int64
}
