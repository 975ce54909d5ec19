internal import VaultOAuth

/// When a token was asked for and when it ends; all times in seconds since 1970.
package struct TokenLifetime: Equatable, Sendable {
    /// When the request was sent: the server counts from a moment after that.
    package let asked: Int64
    /// When it ends.
    package let expires: Int64

    /// The longest that a token is taken to live, whatever the server says.
    package static let limit = Int64(TokenGrant.longestLifetime)

    package init(asked: Int64, expires: Int64) {
        self.asked = asked
        self.expires = expires
    }

    /// The lifetime of a token that was granted `seconds` at `asked`.
    package init(asked: Int64, grantedSeconds seconds: Int64) {
        self.init(asked: asked, expires: asked + min(max(seconds, 0), Self.limit))
    }

    /// How long it lives altogether.
    package var seconds: Int64 { expires - asked }

    /// How much of a life at its end is left unused, because clocks differ and requests take time: a minute, or a tenth
    /// of short lives.
    package var skew: Int64 { min(60, seconds / 10) }

    /// With how much of its life left, in seconds, a token is renewed while it is still given out.
    ///
    /// That is its last tenth. Of lives up to ten minutes the skew takes that tenth, so that a twentieth before it is
    /// added: more would be requests for nothing.
    package var renewalThreshold: Int64 { max(seconds / 10, skew + seconds / 20) }

    /// How much of it is left, never more than all of it: a clock that was set back doesn't lengthen a token's life.
    package func remaining(at now: Int64) -> Int64 { max(0, min(expires - now, seconds)) }

    /// Whether a clock that shows `now` can tell what is left of it: it wasn't asked for in the future, but for a minute's
    /// difference between clocks.
    package func isPlausible(_ now: Int64) -> Bool { asked - 60 <= now }

    /// The one definition of a token that may be given out: the clock can tell what is left of it, and that is more than
    /// `minimum` and the skew.
    package func isUsable(at now: Int64, minimum: Int64 = 0) -> Bool {
        seconds > 0 && isPlausible(now) && now + max(skew, minimum) < expires
    }
}
