package import VaultSystem

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

/// What was observed, in one sentence, and what to do next.
package protocol Explained {
    var sentence: String { get }
    var remedy: String { get }
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
    /// The same, unless it is what libcurl or OpenSSL make of too few descriptors, too little memory or no thread, and
    /// this process lacks them.
    func explainedByLimits() -> OAuthError {
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

/// What libcurl said of a failed request, as numbers.
package struct CurlCause: Equatable, Sendable {
    /// libcurl's code (libcurl-errors(3)).
    package var code: Int?
    /// OpenSSL's verdict on the certificate (X509_V_…), where that was what failed.
    package var certificate: Int?
    package var errno: Errno?

    package init(code: Int? = nil, certificate: Int? = nil, errno: Errno? = nil) {
        self.code = code
        self.certificate = certificate
        self.errno = errno
    }

    /// Nothing was said, as by a transport that isn't libcurl.
    package static let none = CurlCause()

    /// All are equal: a cause explains a problem, and doesn't make another one of it.
    package static func == (one: CurlCause, other: CurlCause) -> Bool { true }
}

extension OAuthError {
    package var curlCause: CurlCause {
        switch self {
        case .connection(_, let cause), .tls(_, let cause): cause
        case .proxy(let problem): problem.curl
        default: .none
        }
    }

    /// The same, with what libcurl said.
    func because(_ cause: CurlCause) -> OAuthError {
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

/// What is missing or wrong on this computer.
package enum ConfigurationProblem: Error, Equatable, Sendable {
    /// Over plain http the secret would go to a program of another user on this computer; nil where its user can't be
    /// told.
    case foreignListener(port: Int, owner: UInt32?)
    /// The clock shows a time that can't be kept: no token could be.
    case clockOutOfRange
    /// `SSLKEYLOGFILE` makes libcurl write the keys of every TLS session to a file.
    case keyLogging
    case libraryMissing
    /// libcurl is there, and the loader fails, in its words.
    case libraryNotLoaded(String)
    /// This process has too little of what a request takes.
    case limit(ResourceLimit)
    /// libcurl is there, but older than 7.87.
    case libraryTooOld(version: String)
    /// libcurl is there, but built with another TLS library than OpenSSL.
    case libraryWithoutOpenSSL
    /// libcurl is there, but lacks a function or an option, by its number.
    case libraryUnusable(option: Int)
    case caFileMissing(path: String)
    case caFileUnreadable(path: String, errno: Errno)
    /// The CA file is none, or others could write or exchange it, or the way to it.
    case unsafeCAFile(UnsafePath)
    /// The CA file holds no certificate in PEM, or one that is broken.
    case caFileInvalid(path: String)
    /// The CA file is longer than a mebibyte, or holds more certificates than a vault keeps.
    case caFileTooLarge(path: String)
    /// The application's own proxy isn't `http://host:port` or `https://host:port`.
    case invalidProxy
}
