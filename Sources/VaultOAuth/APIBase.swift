internal import VaultHTTP

/// Where the API lies that an application's tokens are for: scheme, host, port, and a path that everything begins with.
///
/// What can be read in two ways is refused as for a token endpoint, and so is plain http to any other computer: a token
/// is a secret too.
package struct APIBase: Hashable, Sendable {
    let endpoint: TokenEndpoint
    /// Its one text, without a slash at the end.
    package let text: String

    /// Reads an address.
    ///
    /// - Throws: `OAuthError.endpoint`.
    package init(_ text: String) throws(OAuthError) {
        endpoint = try TokenEndpoint(text)
        guard !endpoint.target.contains("?") else { throw .endpoint(.invalidPath) }
        var canonical = endpoint.canonicalText
        while canonical.hasSuffix("/") { canonical.removeLast() }
        self.text = canonical
    }

    /// Scheme, host and port, for people.
    package var origin: String { endpoint.origin }

    /// Isogeo's own API for Isogeo's own token endpoints: production and pre-production.
    ///
    /// Whole hosts are compared.
    ///
    /// - Returns: nil for every other endpoint; nothing is guessed from a name.
    package static func known(for endpoint: TokenEndpoint) -> APIBase? {
        guard endpoint.scheme == .https, endpoint.port == 443 else { return nil }
        return switch endpoint.host {
        case "id.api.isogeo.com": try? APIBase("https://v1.api.isogeo.com")
        case "id.api.qa.isogeo.com": try? APIBase("https://v1.api.qa.isogeo.com")
        default: nil
        }
    }
}

extension APIBase: CustomStringConvertible {
    package var description: String { text }
}
