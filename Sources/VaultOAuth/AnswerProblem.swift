/// `error` and `error_description` of an answer (RFC 6749 §5.2), cleaned.
package struct ServerError: Equatable, Sendable {
    package let code: ServerWords?
    package let description: ServerWords?

    package init(code: ServerWords?, description: ServerWords?) {
        self.code = code
        self.description = description
    }
}

/// Why an answer isn't a token.
package enum AnswerProblem: Error, Equatable, Sendable {
    /// 401; `invalid_client` or `unauthorized_client`; 400 or 403 with nothing behind it.
    case refused(status: Int, ServerError)
    /// 429; the time before which the server doesn't want to be asked, in seconds since 1970.
    case throttled(notBefore: Int64?)
    /// 408.
    case requestTimeout
    /// 5xx.
    case serverFault(status: Int, notBefore: Int64?, ServerError)
    case redirect(host: String?)
    case proxyAuthentication
    /// Any other status that is no success, or an `error` member under one.
    case rejected(status: Int, ServerError)
    case empty(status: Int)
    case notJSON(status: Int, StrictJSON.Failure)
    case notAnObject
    case tooLarge(limit: Int)
    case headersTooLarge(limit: Int)
    /// Compressed for the transfer, which wasn't asked for, or in a way that isn't known.
    case transferEncoding
    case tokenMissing
    /// Of another type than string, empty, or not visible ASCII.
    case tokenUnreadable
    case tokenTooLong(limit: Int)
    /// The server sent the secret back in the token's place.
    case tokenIsSecret
    case notBearer
    case lifetimeUnreadable
}

extension AnswerProblem {
    var category: OAuthError.Category {
        switch self {
        case .refused: .refused
        case .throttled, .requestTimeout, .serverFault: .unavailable
        default: .unacceptableAnswer
        }
    }

    var isTransient: Bool {
        switch self {
        case .throttled, .requestTimeout, .serverFault(500, _, _), .serverFault(502...504, _, _): true
        default: false
        }
    }
}
