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

    /// How much of it is left, never more than all of it: a clock that was set back doesn't lengthen a token's life.
    package func remaining(at now: Int64) -> Int64 { max(0, min(expires - now, seconds)) }

    /// The one definition of a token that may be given out.
    ///
    /// It wasn't asked for in the future (a minute's difference between clocks is taken), and it lives longer than
    /// `minimum` and the skew, which is a minute, or a tenth of short lives.
    package func isUsable(at now: Int64, minimum: Int64 = 0) -> Bool {
        let skew = min(60, seconds / 10)
        return seconds > 0 && asked - 60 <= now && now + max(skew, minimum) < expires
    }
}
