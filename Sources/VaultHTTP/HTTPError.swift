internal import VaultSystem

/// Everything that keeps a request from an answer, none of it with a secret inside.
package enum HTTPError: Error, Equatable, Sendable {
    /// Something of this computer's is missing or wrong.
    case configuration(ConfigurationProblem)
    /// No answer came.
    case connection(ConnectionProblem, CurlCause = .none)
    /// The proxy gave no way to the server.
    case proxy(ProxyProblem)
    /// TLS didn't come about.
    case tls(TLSProblem, CurlCause = .none)
    /// The answer's body has more bytes than are read.
    case bodyTooLarge(limit: Int)
    /// The answer's header lines have more bytes than are read.
    case headersTooLarge(limit: Int)
    /// The answer is compressed for the transfer, which wasn't asked for, or in a way that isn't known.
    case transferEncoding
}

extension HTTPError {
    /// The same, with what libcurl said.
    func because(_ cause: CurlCause) -> HTTPError {
        switch self {
        case .connection(let problem, _): return .connection(problem, cause)
        case .tls(let problem, _): return .tls(problem, cause)
        case .proxy(var problem):
            problem.curl = cause
            return .proxy(problem)
        default: return self
        }
    }
}

extension HTTPError {
    /// The same, unless it is what libcurl or OpenSSL make of too few descriptors, too little memory or no thread, and
    /// this process lacks them.
    package func explainedByLimits() -> HTTPError {
        guard mayHideLimit, let limit = ResourceLimit.reached() else { return self }
        return .configuration(.limit(limit))
    }

    private var mayHideLimit: Bool {
        switch self {
        case .configuration(.libraryUnusable), .configuration(.caFileInvalid), .configuration(.caFileUnreadable),
            .configuration(.foreignListener(_, nil)):
            true
        case .connection(let problem, _): problem.mayHideLimit
        case .proxy(let problem): problem.mayHideLimit
        case .tls(let problem, _): problem.mayHideLimit
        default: false
        }
    }
}

extension ConnectionProblem {
    fileprivate var mayHideLimit: Bool {
        switch self {
        case .nameResolution, .unreachable, .other: true
        default: false
        }
    }
}

extension ProxyProblem {
    fileprivate var mayHideLimit: Bool {
        switch cause {
        case .connection(let problem): problem.mayHideLimit
        case .tls(let problem): problem.mayHideLimit
        default: false
        }
    }
}

extension TLSProblem {
    fileprivate var mayHideLimit: Bool { [.handshakeFailed, .unknownIssuer, .invalidCertificate].contains(self) }
}
