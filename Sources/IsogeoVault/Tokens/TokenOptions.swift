internal import VaultOAuth

/// What may be said of a token that is wanted.
public struct TokenOptions: Sendable, Hashable {
    /// A parameter of the request beside those of the grant, such as `audience`.
    public struct Parameter: Sendable, Hashable {
        /// Its name: any but `grant_type`, `scope`, `client_id`, `client_secret` and `client_assertion`.
        public var name: String
        /// Its value, as it is before it is form-encoded.
        public var value: String

        /// A parameter; what can't be sent is refused when a token is asked for.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The scopes to ask for, with one space between them (RFC 6749 §3.3); nil leaves it to the server.
    public var scope: String?
    /// How many seconds it must still live, at least; a server that grants less is an error.
    public var minimumLifetime: Int
    /// Whether a token is asked for even when a usable one is cached.
    public var refresh: Bool
    /// What the server wants beside, in this order; other parameters are another token.
    public var parameters: [Parameter]
    /// Whether nobody is asked: a usable token is in the vault, or there is none.
    public var offline: Bool

    /// A token with any time left, cached or new.
    public init(
        scope: String? = nil,
        minimumLifetime: Int = 0,
        refresh: Bool = false,
        parameters: [Parameter] = [],
        offline: Bool = false
    ) {
        self.scope = scope
        self.minimumLifetime = minimumLifetime
        self.refresh = refresh
        self.parameters = parameters
        self.offline = offline
    }
}

extension TokenOptions {
    /// The request that asks for such a token.
    ///
    /// - Throws: what can't be sent.
    func request(to endpoint: TokenEndpoint) throws(OAuthError) -> TokenRequest {
        try TokenRequest(
            endpoint: endpoint,
            scope: scope,
            parameters: parameters.map { TokenRequest.Parameter(name: $0.name, value: $0.value) }
        )
    }

    /// Refuses what contradicts itself.
    ///
    /// - Throws: `usage`.
    func check() throws(VaultError) {
        guard refresh, offline else { return }
        throw VaultError(.refreshOffline)
    }
}
