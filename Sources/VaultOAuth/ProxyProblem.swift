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

extension ProxyProblem: Explained {
    package var sentence: String {
        switch cause {
        case .nameResolution: "The host of the proxy \(proxy) has no address, or no name server answers."
        case .refused: "The proxy \(proxy) refuses connections."
        case .unreachable(let errno?): "The proxy \(proxy) can't be reached (\(errno))."
        case .unreachable: "The proxy \(proxy) can't be reached."
        case .broken: "The proxy \(proxy) ended the connection before there was a way through it."
        case .timedOut: "The proxy \(proxy) gave no connection in time."
        case .notHTTP: "What answers at the proxy \(proxy) doesn't speak HTTP."
        case .tls(let problem): "TLS with the proxy \(proxy) fails. \(problem.sentence)"
        case .authentication: "The proxy \(proxy) wants a user and password (status 407)."
        case .answered(let status): "The proxy \(proxy) refuses the way to the token endpoint (status \(status))."
        case .noWay: "The proxy \(proxy) gives no way to the token endpoint."
        }
    }

    package var remedy: String {
        switch cause {
        case .authentication: "Use a proxy without user and password, or none for this host (no_proxy)."
        case .nameResolution, .refused, .unreachable, .notHTTP, .tls:
            "Check the proxy's address where it is named, or use none for this host (no_proxy)."
        case .broken, .timedOut, .answered(500...): "Ask again later; if it stays, ask whoever runs the proxy."
        case .answered, .noWay: "Ask whoever runs the proxy to let this host through, or use none for it (no_proxy)."
        }
    }
}
