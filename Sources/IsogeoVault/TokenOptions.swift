/// What may be said of a token that is wanted.
public struct TokenOptions: Sendable, Hashable {
    /// The scopes to ask for, with one space between them (RFC 6749 §3.3); nil leaves it to the server.
    public var scope: String?
    /// How many seconds it must still live, at least; a server that grants less is an error.
    public var minimumLifetime: Int
    /// Whether a token is asked for even when a usable one is cached.
    public var refresh: Bool

    /// A token with any time left, cached or new.
    public init(scope: String? = nil, minimumLifetime: Int = 0, refresh: Bool = false) {
        self.scope = scope
        self.minimumLifetime = minimumLifetime
        self.refresh = refresh
    }
}
