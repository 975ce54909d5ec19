internal import Glibc

/// The clocks of this computer: clock_gettime(2).
package enum SystemClock {
    /// The times that can be kept, in seconds since 1970: those of the years 1970 to 9999.
    package static let range: ClosedRange<Int64> = 0...253_402_300_799

    /// Whole seconds since 1970, by the clock of the day, which may be set.
    package static var secondsSinceEpoch: Int64 { Int64(read(CLOCK_REALTIME).tv_sec) }

    /// The time since the computer started, suspension included; no clock that is set changes it.
    package static var timeSinceBoot: Duration {
        let time = read(CLOCK_BOOTTIME)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// The same in whole milliseconds.
    package static var millisecondsSinceBoot: Int64 {
        let time = read(CLOCK_BOOTTIME)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    private static func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        // It fails only for clocks that don't exist.
        _ = unsafe clock_gettime(clock, &time)
        return time
    }

    /// Waits, signals notwithstanding: nanosleep(2).
    ///
    /// For threads of our own, never for Swift's pool.
    package static func sleep(_ duration: Duration) {
        guard duration > .zero else { return }
        let (seconds, attoseconds) = duration.components
        var left = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        var rest = left
        while unsafe nanosleep(&left, &rest) != 0, errno == EINTR { left = rest }
    }
}
