internal import VaultOAuth

/// Options of a token request.
public struct TokenOptions: Sendable, Hashable {
    /// A further parameter of the request, such as `audience`.
    public struct Parameter: Sendable, Hashable {
        /// Its name: any but `grant_type`, `scope`, `client_id`, `client_secret` and `client_assertion`.
        public var name: String
        /// Its value, before form-encoding.
        public var value: String

        /// A parameter; `token` refuses one that can't be sent.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The requested scopes, with one space between them (RFC 6749 §3.3); nil leaves the choice to the server.
    public var scope: String?
    /// The seconds that the token must still live; a server that grants less is an error.
    public var minimumLifetime: Int
    /// Whether to request a token even if a usable one is cached.
    public var refresh: Bool
    /// Further parameters of the request, in this order; other parameters give another token.
    public var parameters: [Parameter]
    /// Whether to send no request: without a usable token in the vault there is none.
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
    /// The request for such a token.
    ///
    /// - Throws: a scope or parameter that can't be sent.
    func request(to endpoint: TokenEndpoint) throws(OAuthError) -> TokenRequest {
        try TokenRequest(
            endpoint: endpoint,
            scope: scope,
            parameters: parameters.map { TokenRequest.Parameter(name: $0.name, value: $0.value) }
        )
    }

    /// Refuses options that contradict each other.
    ///
    /// - Throws: `usage`.
    func check() throws(VaultError) {
        guard refresh, offline else { return }
        throw VaultError(.refreshOffline)
    }
}
