package import VaultHTTP

/// Everything that can go wrong on this floor, none of it with a secret or content of a file inside.
package enum OAuthError: Error, Equatable, Sendable {
    /// The `client_secrets.json` isn't acceptable.
    case clientSecrets(ClientSecretsProblem)
    /// A text isn't the address of a token endpoint.
    case endpoint(EndpointProblem)
    /// An id and secret can't be sent as Basic credentials.
    case credentials(CredentialsProblem)
    /// A scope or parameter can't be sent.
    case parameters(ParameterProblem)
    /// Something of this computer's is missing or wrong.
    case configuration(ConfigurationProblem)
    /// No answer came.
    case connection(ConnectionProblem, CurlCause = .none)
    /// The proxy gave no way to the endpoint.
    case proxy(ProxyProblem)
    /// TLS didn't come about.
    case tls(TLSProblem, CurlCause = .none)
    /// The answer isn't a token.
    case answer(AnswerProblem)
}

extension OAuthError {
    /// What kind of failure it is; the command line has one exit code for each.
    package enum Category: Sendable, CaseIterable {
        /// The input file (65).
        case file
        /// How we were called (64).
        case usage
        /// The server refuses the credential: asking again can lock the account (67).
        case refused
        /// The same call may succeed later (75).
        case unavailable
        /// The answer makes no sense, or comes from the wrong place (76).
        case unacceptableAnswer
        /// This computer's configuration (78).
        case configuration
    }

    package var category: Category {
        switch self {
        case .clientSecrets, .endpoint, .credentials: .file
        case .parameters: .usage
        case .configuration: .configuration
        case .connection(let problem, _): problem.category
        case .proxy(let problem): problem.category
        case .tls: .unacceptableAnswer
        case .answer(let problem): problem.category
        }
    }

    /// Whether the same request may succeed a moment later, so that it is tried again.
    package var isTransient: Bool {
        switch self {
        case .connection(let problem, _): problem.isTransient
        case .proxy(let problem): problem.isTransient
        case .answer(let problem): problem.isTransient
        default: false
        }
    }

    /// The time before which the server doesn't want to be asked again, in seconds since 1970.
    package var notBefore: Int64? {
        switch self {
        case .answer(.throttled(let notBefore)), .answer(.serverFault(_, let notBefore, _)): notBefore
        default: nil
        }
    }
}

extension OAuthError {
    /// What was in the way of a request.
    package init(_ error: HTTPError) {
        self =
            switch error {
            case .configuration(let problem): .configuration(problem)
            case .connection(let problem, let cause): .connection(problem, cause)
            case .proxy(let problem): .proxy(problem)
            case .tls(let problem, let cause): .tls(problem, cause)
            case .bodyTooLarge(let limit): .answer(.tooLarge(limit: limit))
            case .headersTooLarge(let limit): .answer(.headersTooLarge(limit: limit))
            case .transferEncoding: .answer(.transferEncoding)
            }
    }

    package var curlCause: CurlCause {
        switch self {
        case .connection(_, let cause), .tls(_, let cause): cause
        case .proxy(let problem): problem.curl
        default: .none
        }
    }
}

extension ConnectionProblem {
    var category: OAuthError.Category {
        switch self {
        case .notHTTP, .foreignTransport, .other: .unacceptableAnswer
        default: .unavailable
        }
    }
}

extension ProxyProblem {
    var category: OAuthError.Category {
        switch cause {
        case .connection(let problem): problem.category
        case .answered(500...): .unavailable
        default: .unacceptableAnswer
        }
    }
}
