internal import VaultSystem

/// The application's own proxy: `http://host:port` or `https://host:port`, without user and password, which would be a
/// secret in the vault's metadata.
package struct ProxyAddress: Hashable, Sendable, CustomStringConvertible {
    package let text: String
    package var description: String { text }

    package init(_ text: String) throws(HTTPError) {
        let parts = text.lowercased().split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == "http" || parts[0] == "https" else { throw .configuration(.invalidProxy) }
        let authority = parts[1].hasSuffix("/") ? parts[1].dropLast() : parts[1]
        guard let colon = authority.lastIndex(of: ":"), let host = URLHost(authority[..<colon]),
            let port = UInt16(authority[authority.index(after: colon)...]), port > 0
        else { throw .configuration(.invalidProxy) }
        self.text = "\(parts[0])://\(host.text):\(port)"
    }
}

/// Through what a request goes.
enum ResolvedProxy: Equatable, Sendable {
    case none
    /// What this variable names, unless `no_proxy` excepts the host: libcurl reads both.
    case environment(variable: String)
    case application(ProxyAddress)

    /// Chooses as libcurl would: lower case first, empty is unset; the application's own only where nothing is set.
    ///
    /// Plain http goes to this computer alone and never through a proxy, which would see the secret in clear.
    static func choose(
        for scheme: URLScheme,
        own: ProxyAddress?,
        isSet: (String) -> Bool = Environment.hasValue
    ) -> ResolvedProxy {
        guard scheme == .https else { return .none }
        let variables = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
        if let variable = variables.first(where: isSet) { return .environment(variable: variable) }
        return own.map { .application($0) } ?? .none
    }

    /// Host and port, and who named them, for people; nil for none.
    var name: String? {
        switch self {
        case .none: nil
        case .environment(let variable):
            ProxyVariable.authority(in: variable).map { "\($0) (\(variable))" } ?? "(\(variable))"
        case .application(let proxy): "\(proxy.text) (the application's own)"
        }
    }
}

/// The address of a proxy in the environment.
enum ProxyVariable {
    /// Host and port of the address in a variable; what stands before them may hold a password and isn't copied.
    ///
    /// Nil for what isn't just a host and perhaps a port: it may be a password whose @ was forgotten or encoded.
    static func authority(in name: String) -> String? {
        Environment.withBytes(of: name) { authority(of: $0) } ?? nil
    }

    static func authority(of address: Span<UInt8>) -> String? {
        // A password may hold anything, slashes included: what counts is behind the last @ of all.
        var start = address.indices.last { address[$0] == UInt8(ascii: "@") }.map { $0 + 1 }
        if start == nil, let colon = address.indices.first(where: { address[$0] == UInt8(ascii: ":") }),
            colon + 2 < address.count, address[colon + 1] == UInt8(ascii: "/"), address[colon + 2] == UInt8(ascii: "/")
        {
            start = colon + 3
        }
        let authority = ((start ?? 0)..<address.count).map { address[$0] }.prefix { $0 != UInt8(ascii: "/") }
        guard (1...260).contains(authority.count), authority.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            return nil
        }
        let text = String(decoding: authority, as: UTF8.self)
        if URLHost(text) != nil { return text }
        guard let colon = text.lastIndex(of: ":"), URLHost(text[..<colon]) != nil,
            UInt16(text[text.index(after: colon)...]) != nil
        else { return nil }
        return text
    }
}
