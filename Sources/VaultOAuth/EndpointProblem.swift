/// Why a text isn't the address of a token endpoint.
package enum EndpointProblem: Error, Equatable, Sendable, CaseIterable {
    case empty, tooLong, controlCharacter, space, nonASCII, backslash, fragment
    /// `None/oauth/token`: a script formatted a base URL that it didn't have.
    case noneForHost
    /// `//oauth/token`, `https:///oauth/token`.
    case hostMissing
    case schemeMissing, unknownScheme, plainHTTP, userPart, invalidHost, invalidPort
    /// `https://host//oauth/token`: a script put a path behind a base URL that ends with a slash.
    case doubledSlash
    case invalidPath
}

extension EndpointProblem: Explained {
    package var sentence: String {
        switch self {
        case .empty: "The token endpoint's address is empty."
        case .tooLong: "The token endpoint's address is longer than \(TokenEndpoint.lengthLimit) bytes."
        case .controlCharacter: "The token endpoint's address contains a control character."
        case .space: "The token endpoint's address contains a space."
        case .nonASCII: "The token endpoint's address contains letters outside of ASCII."
        case .backslash:
            "The token endpoint's address contains a backslash, which readers of addresses take differently."
        case .fragment: "The token endpoint's address contains a fragment (#)."
        case .noneForHost: "The token endpoint's address begins with None: a script wrote it without knowing the host."
        case .hostMissing: "The token endpoint's address names no host."
        case .schemeMissing: "The token endpoint's address doesn't begin with https://."
        case .unknownScheme: "The token endpoint's address is neither https nor http."
        case .plainHTTP: "The token endpoint is plain http, which would send the secret in clear."
        case .userPart: "The token endpoint's address contains an @ before the path."
        case .invalidHost: "The token endpoint's host is neither a name nor a complete IP address."
        case .invalidPort: "The token endpoint's port isn't a number from 1 to 65535."
        case .doubledSlash: "The token endpoint's path begins with two slashes: a script joined it wrongly."
        case .invalidPath: "The token endpoint's path or query contains what an address can't."
        }
    }

    package var remedy: String {
        switch self {
        case .nonASCII: "Give the host in its ASCII form (xn--…) with --token-uri."
        case .plainHTTP: "Give its https address with --token-uri; plain http is only for this computer itself."
        case .userPart: "Give the address without user and password with --token-uri."
        default: "Give the whole address with --token-uri, for Isogeo \(TokenEndpoint.isogeo.canonicalText)."
        }
    }
}
