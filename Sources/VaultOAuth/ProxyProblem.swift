package import VaultSystem

/// Why a proxy gives no way to the token endpoint, which is not to blame then.
package struct ProxyProblem: Error, Equatable, Sendable {
    package enum Cause: Equatable, Sendable {
        /// Its name has no address, or no name server answered.
        case nameResolution
        /// Nobody listens there.
        case refused
        /// No route, or a firewall's answer; the system's number where there is one.
        case unreachable(Errno?)
        case broken
        case timedOut
        /// What answers there is no HTTP proxy.
        case notHTTP
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
    var category: OAuthError.Category {
        switch cause {
        case .nameResolution, .refused, .unreachable, .broken, .timedOut, .answered(500...): .unavailable
        default: .unacceptableAnswer
        }
    }

    /// As for the endpoint itself: where a new connection may do.
    var isTransient: Bool {
        switch cause {
        case .nameResolution, .refused, .unreachable, .broken, .timedOut, .answered(500), .answered(502...504): true
        default: false
        }
    }
}
