/// Why no answer came.
package enum ConnectionProblem: Error, Equatable, Sendable {
    /// The host's name has no address, or no name server answered.
    case nameResolution
    case proxyNameResolution
    /// Nobody listens there.
    case refused
    /// No route, or a firewall's answer; the number is an errno, or 0.
    case unreachable(errno: Int32)
    /// The connection ended before the answer did.
    case broken
    /// No connection, or no answer, in time.
    case timedOut
    /// The proxy answered CONNECT with this status; 0 where it gave none.
    case proxyRefused(status: Int)
    /// What answers doesn't speak HTTP.
    case notHTTP
    /// Our own caller wanted no more.
    case interrupted
    /// The transport of the program that uses the library failed in a way of its own.
    case foreignTransport
    /// Another failure of libcurl's, by its number (libcurl-errors(3)).
    case other(code: Int)
}

extension ConnectionProblem {
    var category: OAuthError.Category {
        switch self {
        case .proxyRefused, .notHTTP, .foreignTransport, .other: .unacceptableAnswer
        default: .unavailable
        }
    }

    /// Whether it was no connection at all, or one that broke: then a new one may do.
    var isTransient: Bool {
        switch self {
        case .nameResolution, .proxyNameResolution, .refused, .unreachable, .broken, .timedOut: true
        case .proxyRefused(let status): [502, 503, 504].contains(status)
        case .notHTTP, .interrupted, .foreignTransport, .other: false
        }
    }
}

extension ConnectionProblem: Explained {
    package var sentence: String {
        switch self {
        case .nameResolution: "The token endpoint's host has no address, or no name server answers."
        case .proxyNameResolution: "The proxy's host has no address, or no name server answers."
        case .refused: "The token endpoint refuses connections."
        case .unreachable(let errno) where errno != 0: "The token endpoint can't be reached (errno \(errno))."
        case .unreachable: "The token endpoint can't be reached."
        case .broken: "The connection broke before the answer had come."
        case .timedOut: "The token endpoint didn't answer in time."
        case .proxyRefused(let status) where status != 0: "The proxy refuses the connection (status \(status))."
        case .proxyRefused: "The proxy refuses the connection."
        case .notHTTP: "What answers at the token endpoint doesn't speak HTTP."
        case .interrupted: "The request was interrupted."
        case .foreignTransport: "The program's own transport failed."
        case .other(let code): "The request failed (libcurl \(code))."
        }
    }

    package var remedy: String {
        switch self {
        case .nameResolution: "Check the network and the host in the token endpoint's address."
        case .proxyNameResolution, .proxyRefused: "Check the proxy in the environment (https_proxy, no_proxy)."
        case .refused, .unreachable, .broken, .timedOut: "Check network and proxy, and ask again later."
        case .notHTTP: "Check the token endpoint's address and port."
        case .interrupted: "Ask again."
        case .foreignTransport: "Look into the transport: what it threw isn't kept, since it could tell the secret."
        case .other: "Ask again; if it stays, report it with this number."
        }
    }
}

/// Why TLS didn't come about, by cause.
package enum TLSProblem: Equatable, Sendable, CaseIterable {
    case expired, notYetValid, unknownIssuer, selfSigned, nameMismatch, revoked, weakKey
    /// Another fault of the certificate.
    case invalidCertificate
    /// The server speaks nothing newer than TLS 1.1.
    case tooOld
    /// The server speaks no TLS on this port.
    case notTLS
    case handshakeFailed
}

extension TLSProblem: Explained {
    package var sentence: String {
        switch self {
        case .expired: "The server's certificate has expired."
        case .notYetValid: "The server's certificate isn't valid yet."
        case .unknownIssuer: "The server's certificate comes from an issuer that this computer doesn't know."
        case .selfSigned: "The server's certificate is signed by itself."
        case .nameMismatch: "The server's certificate is for another host."
        case .revoked: "The server's certificate was revoked."
        case .weakKey: "The server's certificate has a key or signature that is too weak."
        case .invalidCertificate: "The server's certificate isn't valid."
        case .tooOld: "The server speaks no TLS newer than 1.1."
        case .notTLS: "The server doesn't speak TLS on this port."
        case .handshakeFailed: "The server and this computer can't agree on TLS."
        }
    }

    package var remedy: String {
        switch self {
        case .expired, .notYetValid: "Check this computer's clock; if it is right, the server's owner must act."
        case .unknownIssuer, .selfSigned:
            "If your network or your own server uses a private authority, give its certificate with --ca-file."
        case .nameMismatch, .notTLS: "Check host and port in the token endpoint's address."
        default: "The server's owner must act."
        }
    }
}
