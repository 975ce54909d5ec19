/// What is asked: a token by the client credentials grant (RFC 6749 §4.4).
package struct TokenRequest: Hashable, Sendable {
    /// One parameter in addition to the grant's own.
    package struct Parameter: Hashable, Sendable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The longest body, in bytes.
    package static let sizeLimit = 16_384

    /// The header lines in addition to `Authorization`.
    ///
    /// A request without User-Agent is refused by common firewalls.
    package static let headerLines = [
        "Content-Type: application/x-www-form-urlencoded",
        "Accept: application/json",
        "User-Agent: isogeo-vault",
    ]

    package let endpoint: TokenEndpoint
    package let scope: String?
    package let parameters: [Parameter]

    /// Checks what is asked for.
    ///
    /// - Parameters:
    ///   - endpoint: where.
    ///   - scope: one or more scopes with one space between them (RFC 6749 §3.3); nil leaves it to the server.
    ///   - parameters: what else the server wants, such as `audience`.
    /// - Throws: `OAuthError.parameters`.
    package init(endpoint: TokenEndpoint, scope: String? = nil, parameters: [Parameter] = []) throws(OAuthError) {
        if let scope, !Self.isScope(scope) { throw .parameters(.invalidScope) }
        var names: Set<String> = []
        for parameter in parameters {
            guard !parameter.name.isEmpty else { throw .parameters(.emptyName) }
            guard !Array(parameter.name.utf8).span.containsControlCharacter else {
                throw .parameters(.controlCharacter)
            }
            if let reserved = ReservedParameter(rawValue: parameter.name) { throw .parameters(.reserved(reserved)) }
            // RFC 6749 §3.2 lets no parameter stand twice; RFC 8707 and RFC 8693 make these two exceptions.
            guard names.insert(parameter.name).inserted || ["resource", "audience"].contains(parameter.name) else {
                throw .parameters(.repeated)
            }
        }
        self.endpoint = endpoint
        self.scope = scope
        self.parameters = parameters
        guard body.count <= Self.sizeLimit else { throw .parameters(.tooLong(limit: Self.sizeLimit)) }
    }

    /// The form-encoded body.
    package var body: [UInt8] {
        var body = Array("grant_type=client_credentials".utf8)
        if let scope { body += Array("&scope=".utf8) + FormEncoding.encode(scope) }
        for parameter in parameters {
            body += Array("&".utf8) + FormEncoding.encode(parameter.name)
            body += Array("=".utf8) + FormEncoding.encode(parameter.value)
        }
        return body
    }

    private static func isScope(_ text: String) -> Bool {
        text.split(separator: " ", omittingEmptySubsequences: false).allSatisfy { token in
            !token.isEmpty
                && token.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
        }
    }
}

/// What the grant itself says, and no parameter may.
package enum ReservedParameter: String, Sendable, CaseIterable {
    case grantType = "grant_type"
    case scope
    case clientID = "client_id"
    case clientSecret = "client_secret"
    case clientAssertion = "client_assertion"
    case clientAssertionType = "client_assertion_type"
}

/// Why something can't be asked for.
package enum ParameterProblem: Equatable, Sendable {
    case invalidScope, emptyName, controlCharacter, repeated
    case reserved(ReservedParameter)
    case tooLong(limit: Int)
}
