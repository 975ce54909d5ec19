package import VaultHTTP
internal import VaultSystem

/// The address that tokens are requested from: read once, rebuilt, and valid for ever.
///
/// https, or plain http to this computer alone. What two readers of URLs could understand differently is refused, so
/// that no other reader can see another address; curl gets `canonicalText`.
package struct TokenEndpoint: Hashable, Sendable {
    /// The longest address that is read, in bytes.
    package static let lengthLimit = 2048

    package let scheme: URLScheme
    let hostName: URLHost
    package let port: UInt16
    /// Path and query as they are sent, beginning with `/`.
    package let target: String

    private init(scheme: URLScheme, host: URLHost, port: UInt16, target: String) {
        self.scheme = scheme
        self.hostName = host
        self.port = port
        self.target = target
    }

    /// Where Isogeo gives tokens, for files that don't say where.
    package static let isogeo = TokenEndpoint(scheme: .https, host: .isogeo, port: 443, target: "/oauth/token")

    /// Reads an address.
    ///
    /// - Throws: `OAuthError.endpoint` with what is wrong, and nothing of the text.
    package init(_ text: String) throws(OAuthError) {
        do { try self.init(parsing: text) } catch { throw .endpoint(error) }
    }

    private init(parsing text: String) throws(EndpointProblem) {
        try Self.checkCharacters(text)
        let (scheme, rest) = try Self.splitScheme(text)
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let (host, port) = try Self.readAuthority(rest[..<end], scheme)
        guard scheme == .https || host.isLoopback else { throw .plainHTTP }
        self.init(scheme: scheme, host: host, port: port, target: try Self.readTarget(rest[end...]))
    }

    // MARK: - What it tells

    /// The host in lower case, IPv6 in brackets.
    package var host: String { hostName.text }

    var server: Server { Server(scheme, host: host, port: port) }

    /// Whether requests never leave this computer: 127.0.0.0/8, `[::1]`, exactly `localhost`.
    package var isLoopback: Bool { hostName.isLoopback }

    /// Scheme, host and port, for people; the port only where it isn't the scheme's own.
    package var origin: String {
        // An enum in a text would be printed by reflection, which takes a cached token a third of its time.
        let address = scheme.rawValue + "://" + host
        return port == scheme.defaultPort ? address : address + ":" + String(port)
    }

    /// The one text of this address: what is stored, compared and given to curl.
    package var canonicalText: String { origin + target }

    /// Whether the query repeats `grant_type`, which belongs in the body; some servers refuse it in the query.
    package var hasGrantTypeInQuery: Bool {
        guard let query = target.firstIndex(of: "?") else { return false }
        return target[target.index(after: query)...].split(separator: "&").contains { $0.hasPrefix("grant_type=") }
    }

    // MARK: - Reading

    private static func checkCharacters(_ text: String) throws(EndpointProblem) {
        guard !text.isEmpty else { throw .empty }
        guard text.utf8.count <= lengthLimit else { throw .tooLong }
        for byte in text.utf8 {
            switch byte {
            case 0..<0x20, 0x7F: throw .controlCharacter
            case 0x20: throw .space
            case 0x80...: throw .nonASCII
            case UInt8(ascii: "\\"): throw .backslash
            case UInt8(ascii: "#"): throw .fragment
            default: break
            }
        }
    }

    private static func splitScheme(_ text: String) throws(EndpointProblem) -> (URLScheme, Substring) {
        guard !text.hasPrefix("None/") else { throw .noneForHost }
        guard !text.hasPrefix("//") else { throw .hostMissing }
        guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else { throw .schemeMissing }
        guard let scheme = URLScheme(rawValue: text[..<colon].lowercased()) else { throw .unknownScheme }
        return (scheme, text[text.index(colon, offsetBy: 3)...])
    }

    private static func readAuthority(_ text: Substring, _ scheme: URLScheme)
        throws(EndpointProblem) -> (URLHost, UInt16)
    {
        guard !text.contains("@") else { throw .userPart }
        // The colons of an IPv6 address stand before its bracket.
        let colon = text.lastIndex(of: ":").flatMap { text[$0...].contains("]") ? nil : $0 }
        let name = text[..<(colon ?? text.endIndex)]
        guard !name.isEmpty else { throw .hostMissing }
        guard let host = URLHost(name) else { throw .invalidHost }
        guard let colon else { return (host, scheme.defaultPort) }
        let digits = text[text.index(after: colon)...]
        guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(digits), port > 0
        else { throw .invalidPort }
        return (host, port)
    }

    private static func readTarget(_ text: Substring) throws(EndpointProblem) -> String {
        let target = text.hasPrefix("/") ? String(text) : "/" + text
        let path = target.prefix { $0 != "?" }
        guard !path.hasPrefix("//") else { throw .doubledSlash }
        var rest = target.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard rest.count >= 2, rest.prefix(2).allSatisfy({ HexadecimalDigits.value(of: $0) != nil }) else {
                    throw .invalidPath
                }
            } else if !isTargetCharacter(byte) {
                throw .invalidPath
            }
        }
        // Dot segments are taken away by some and sent by others (RFC 3986 §5.2.4).
        for segment in path.split(separator: "/") {
            let plain = segment.lowercased().replacing("%2e", with: ".")
            guard plain != ".", plain != ".." else { throw .invalidPath }
        }
        return target
    }

    /// `pchar`, `/` and `?` of RFC 3986 §3.3 and §3.4, without `%`.
    private static func isTargetCharacter(_ byte: UInt8) -> Bool {
        FormEncoding.isUnreserved(byte) || "~!$&'()+,;=:@/?".utf8.contains(byte)
    }
}

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
