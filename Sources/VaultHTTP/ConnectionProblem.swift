package import VaultSystem

/// Why no answer came.
package enum ConnectionProblem: Error, Equatable, Sendable {
    /// The host's name has no address, or no name server answered.
    case nameResolution
    /// No process listens there.
    case refused
    /// No route, or a firewall's answer; the system's number where there is one.
    case unreachable(Errno?)
    /// The connection ended before the answer did.
    case broken
    /// No connection, or no answer, in time.
    case timedOut
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
    /// Whether it was no connection at all, or one that broke: then a new one may do.
    package var isTransient: Bool {
        switch self {
        case .nameResolution, .refused, .unreachable, .broken, .timedOut: true
        case .notHTTP, .interrupted, .foreignTransport, .other: false
        }
    }
}

/// Why a proxy gives no way to the server, which isn't to blame then.
package struct ProxyProblem: Error, Equatable, Sendable {
    package enum Cause: Equatable, Sendable {
        /// It couldn't be connected to, or answered with no HTTP.
        case connection(ConnectionProblem)
        /// A proxy that is itself reached by https.
        case tls(TLSProblem)
        /// 407.
        case authentication
        /// Another answer to CONNECT.
        case answered(status: Int)
        /// It gave no reason, as a SOCKS proxy gives none that we know.
        case noWay
    }

    /// Host and port, and who named it, for people; never user and password.
    package let proxy: String
    package let cause: Cause
    package var curl = CurlCause.none

    package init(proxy: String, cause: Cause) {
        self.proxy = proxy
        self.cause = cause
    }
}

extension ProxyProblem {
    /// As for the endpoint itself: where a new connection may do.
    package var isTransient: Bool {
        switch cause {
        case .connection(let problem): problem.isTransient
        case .answered(500), .answered(502...504): true
        default: false
        }
    }
}

/// Why TLS didn't come about, by cause.
package enum TLSProblem: String, Equatable, Sendable, CaseIterable {
    case expired, notYetValid, unknownIssuer, selfSigned, nameMismatch, revoked, weakKey
    /// Another fault of the certificate.
    case invalidCertificate
    /// The server speaks nothing newer than TLS 1.1.
    case tooOld
    /// The server speaks no TLS on this port.
    case notTLS
    case handshakeFailed
}
