/// `error` and `error_description` of an answer (RFC 6749 §5.2), cleaned.
package struct ServerError: Equatable, Sendable {
    package let code: String?
    package let description: String?

    package init(code: String?, description: String?) {
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
    case tokenMissing
    /// Of another type than string, empty, too long, or not visible ASCII.
    case tokenUnreadable
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

extension AnswerProblem: Explained {
    package var sentence: String {
        switch self {
        case .refused(let status, let words):
            "The server refuses this client_id and secret (status \(status)\(words.suffix))."
        case .throttled(let notBefore): "The server is asked too often (status 429\(Self.waiting(notBefore)))."
        case .requestTimeout: "The server gave up waiting for the request (status 408)."
        case .serverFault(let status, let notBefore, let words):
            "The server failed (status \(status)\(words.suffix)\(Self.waiting(notBefore)))."
        case .redirect(let host?): "The token endpoint redirects to \(host), where the secret isn't sent."
        case .redirect(nil): "The token endpoint redirects, and the secret isn't sent on."
        case .proxyAuthentication: "The proxy wants a user and password (status 407)."
        case .rejected(let status, let words): "The server rejects the request (status \(status)\(words.suffix))."
        case .empty(let status): "The server's answer is empty (status \(status))."
        case .notJSON(let status, let failure):
            """
            The server's answer isn't JSON (status \(status)): at line \(failure.line), column \(failure.column), \
            \(failure.reason.phrase).
            """
        case .notAnObject: "The server's answer is JSON, but not an object."
        case .tooLarge(let limit): "The server's answer is larger than \(limit) bytes."
        case .headersTooLarge(let limit): "The header lines of the server's answer are larger than \(limit) bytes."
        case .tokenMissing: "The server's answer holds no access_token."
        case .tokenUnreadable: "The server's access_token isn't a line of visible ASCII characters."
        case .tokenIsSecret: "The server's access_token contains the client secret itself."
        case .notBearer: "The server's token isn't a bearer token."
        case .lifetimeUnreadable: "The server's expires_in isn't a number of seconds."
        }
    }

    package var remedy: String {
        switch self {
        case .refused:
            "Check the credential with whoever issued it; if it has unusual characters, try the other Basic encoding."
        case .throttled(_?), .serverFault(_, _?, _): "Ask again after that time."
        case .throttled, .requestTimeout, .serverFault: "Ask again in a minute."
        case .redirect:
            "Run isogeo-vault rotate NAME client_secrets.json --token-uri URL if the new address can be trusted."
        case .proxyAuthentication: "Use a proxy without user and password, or none for this host (no_proxy)."
        case .rejected: "Check scope, parameters and the token endpoint's address."
        case .empty, .notJSON, .notAnObject, .tooLarge, .headersTooLarge, .tokenMissing:
            "Check the token endpoint's address, and whether a proxy or log-in page answers in its place."
        case .tokenUnreadable, .tokenIsSecret, .notBearer, .lifetimeUnreadable:
            "Check the token endpoint's address, and report it to whoever runs the server."
        }
    }

    private static func waiting(_ notBefore: Int64?) -> String {
        notBefore.map { "; not before \(HTTPDate.format($0))" } ?? ""
    }
}

extension ServerError {
    /// `, code: description`, as far as there is any.
    fileprivate var suffix: String {
        let words = [code, description].compactMap(\.self).joined(separator: ": ")
        return words.isEmpty ? "" : ", \(words)"
    }
}
