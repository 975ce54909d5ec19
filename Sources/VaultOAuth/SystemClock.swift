internal import Glibc

/// The computer's clocks (clock_gettime(2)).
enum SystemClock {
    /// Seconds since 1970.
    static var now: Int64 { Int64(read(CLOCK_REALTIME).tv_sec) }

    /// The time since the start, suspension included; nobody can set it.
    static var uptime: Duration {
        let time = read(CLOCK_BOOTTIME)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// Sleeps, signals notwithstanding.
    static func sleep(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        var left = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        var rest = left
        while unsafe nanosleep(&left, &rest) != 0, errno == EINTR { left = rest }
    }

    private static func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        // It fails only for clocks that don't exist.
        _ = unsafe clock_gettime(clock, &time)
        return time
    }
}
