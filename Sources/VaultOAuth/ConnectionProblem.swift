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

extension ConnectionProblem: Explained {
    package var sentence: String {
        switch self {
        case .nameResolution: "The token endpoint's host has no address, or no name server answers."
        case .refused: "The token endpoint refuses connections."
        case .unreachable(let errno?): "The token endpoint can't be reached (\(errno))."
        case .unreachable: "The token endpoint can't be reached."
        case .broken: "The connection broke before the answer had come."
        case .timedOut: "The token endpoint didn't answer in time."
        case .notHTTP: "What answers at the token endpoint doesn't speak HTTP."
        case .interrupted: "The request was interrupted."
        case .foreignTransport: "The program's own transport failed."
        case .other(let code): "The request failed (libcurl \(code))."
        }
    }

    package var remedy: String {
        switch self {
        case .nameResolution: "Check the network and the host in the token endpoint's address."
        case .refused, .unreachable, .broken, .timedOut: "Check network and proxy, and ask again later."
        case .notHTTP: "Check the token endpoint's address and port."
        case .interrupted: "Ask again."
        case .foreignTransport: "Look into the transport: what it threw isn't kept, since it could tell the secret."
        case .other: "Ask again; if it stays, report it with this number."
        }
    }
}
