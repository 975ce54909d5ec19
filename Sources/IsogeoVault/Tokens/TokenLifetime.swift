internal import VaultOAuth

/// When a token was requested and when it ends; all times in seconds since 1970.
package struct TokenLifetime: Equatable, Sendable {
    /// When the request was sent: the server counts from a moment after that.
    package let asked: Int64
    /// When it ends.
    package let expires: Int64

    /// No token is taken to live longer, whatever the server says.
    package static let limit = Int64(TokenGrant.longestLifetime)

    package init(asked: Int64, expires: Int64) {
        self.asked = asked
        self.expires = expires
    }

    /// The lifetime of a token that was granted `seconds` at `asked`.
    package init(asked: Int64, grantedSeconds seconds: Int64) {
        self.init(asked: asked, expires: asked + min(max(seconds, 0), Self.limit))
    }

    /// The whole life, in seconds.
    package var seconds: Int64 { expires - asked }

    /// The end of a life that stays unused, in seconds, because clocks differ and requests take time: a minute, or a
    /// tenth of a short life.
    package var skew: Int64 { min(60, seconds / 10) }

    /// A token with this many seconds left is renewed while callers still get it.
    ///
    /// That is the last tenth of its life. Up to ten minutes the skew takes that tenth, so a twentieth before it is
    /// added; a larger share would send needless requests.
    package var renewalThreshold: Int64 { max(seconds / 10, skew + seconds / 20) }

    /// The seconds left, never more than the whole life: a clock that was set back doesn't lengthen it.
    package func remaining(at now: Int64) -> Int64 { max(0, min(expires - now, seconds)) }

    /// Whether a clock that shows `now` can measure the rest: the request doesn't lie in its future, apart from a
    /// minute's difference between clocks.
    package func isPlausible(_ now: Int64) -> Bool { asked - 60 <= now }

    /// The one definition of a usable token: the clock can measure the rest, and the rest exceeds `minimum` and the
    /// skew.
    package func isUsable(at now: Int64, minimum: Int64 = 0) -> Bool {
        seconds > 0 && isPlausible(now) && now + max(skew, minimum) < expires
    }

    /// Refuses a token that lives shorter than the caller needs.
    ///
    /// - Parameters:
    ///   - minimum: seconds that must be left; 0 accepts any token.
    ///   - now: seconds since 1970.
    /// - Throws: `unexpectedAnswer`.
    func check(minimum: Int64, now: Int64) throws(VaultError) {
        guard minimum == 0 || remaining(at: now) > minimum else { throw tooShort(for: minimum) }
    }

    /// The server grants less than the caller needs.
    func tooShort(for minimum: Int64) -> VaultError {
        VaultError(.lifetimeTooShort(seconds: seconds, minimum: minimum))
    }
}
