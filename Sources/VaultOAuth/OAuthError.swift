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
    case connection(ConnectionProblem)
    /// The proxy gave no way to the endpoint.
    case proxy(ProxyProblem)
    /// TLS didn't come about.
    case tls(TLSProblem)
    /// The answer isn't a token.
    case answer(AnswerProblem)
}

/// What was observed, in one sentence, and what to do next.
package protocol Explained {
    var sentence: String { get }
    var remedy: String { get }
}

extension OAuthError: Explained {
    /// What kind of failure it is; the command line has one exit code for each.
    package enum Category: Sendable, CaseIterable {
        /// The input file (65).
        case file
        /// How we were called (64).
        case usage
        /// The server refuses the credential: asking again can lock the account (67).
        case refused
        /// The same call may work later (75).
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
        case .connection(let problem): problem.category
        case .proxy(let problem): problem.category
        case .tls: .unacceptableAnswer
        case .answer(let problem): problem.category
        }
    }

    /// Whether the same request may succeed a moment later, so that it is tried again.
    package var isTransient: Bool {
        switch self {
        case .connection(let problem): problem.isTransient
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

    package var sentence: String { explained.sentence }
    package var remedy: String { explained.remedy }

    private var explained: any Explained {
        switch self {
        case .clientSecrets(let problem): problem
        case .endpoint(let problem): problem
        case .credentials(let problem): problem
        case .parameters(let problem): problem
        case .configuration(let problem): problem
        case .connection(let problem): problem
        case .proxy(let problem): problem
        case .tls(let problem): problem
        case .answer(let problem): problem
        }
    }
}
