/// A token as the server gave it.
package struct TokenGrant: Equatable, Sendable {
    /// What a missing `expires_in` means, in seconds: Isogeo documents one hour.
    package static let assumedLifetime = 3600
    /// No lifetime is taken to be longer, in seconds.
    package static let longestLifetime = 86_400

    /// Visible ASCII (RFC 6749 Appendix A.12).
    package let accessToken: String
    /// When the request that it answers was sent, in seconds since 1970; its lifetime counts from here.
    package let requestedAt: Int64
    /// How long it is good, in seconds, 0 … 86 400.
    package let lifetime: Int
    /// Whether the server gave no lifetime, so that one was assumed.
    package let lifetimeIsAssumed: Bool
    /// What it is good for, where the server says so.
    package let scope: String?

    package init(accessToken: String, requestedAt: Int64, lifetime: Int, lifetimeIsAssumed: Bool, scope: String?) {
        self.accessToken = accessToken
        self.requestedAt = requestedAt
        self.lifetime = lifetime
        self.lifetimeIsAssumed = lifetimeIsAssumed
        self.scope = scope
    }

    /// When it ends, in seconds since 1970.
    package var expiry: Int64 { requestedAt + Int64(lifetime) }

    /// Whether it may be kept; the server may give tokens for this moment alone.
    package var isCacheable: Bool { lifetime > 0 }
}

extension TokenGrant: CustomStringConvertible, CustomReflectable {
    package var description: String { "TokenGrant(\(lifetime) s)" }

    /// Empty, so that `dump` doesn't tell the token either.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
