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
