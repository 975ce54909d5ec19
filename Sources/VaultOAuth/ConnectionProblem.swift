package import VaultSystem

/// Why no answer came.
package enum ConnectionProblem: Error, Equatable, Sendable {
    /// The host's name has no address, or no name server answered.
    case nameResolution
    /// Nobody listens there.
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
    var category: OAuthError.Category {
        switch self {
        case .notHTTP, .foreignTransport, .other: .unacceptableAnswer
        default: .unavailable
        }
    }

    /// Whether it was no connection at all, or one that broke: then a new one may do.
    var isTransient: Bool {
        switch self {
        case .nameResolution, .refused, .unreachable, .broken, .timedOut: true
        case .notHTTP, .interrupted, .foreignTransport, .other: false
        }
    }
}
