internal import VaultHTTP

extension AnswerProblem: Explained {
    package var sentence: String { sentence(of: .tokenEndpoint) }

    func sentence(of peer: Peer) -> String {
        switch self {
        case .refused(let status, let words):
            "The server refuses this client_id and secret (status \(status)\(words.suffix))."
        case .throttled(let notBefore): "The server is asked too often (status 429\(Self.waiting(notBefore)))."
        case .requestTimeout: "The server gave up waiting for the request (status 408)."
        case .serverFault(let status, let notBefore, let words):
            "The server failed (status \(status)\(words.suffix)\(Self.waiting(notBefore)))."
        case .redirect(let host?): "\(peer.subject) redirects to \(host), where the secret isn't sent."
        case .redirect(nil): "\(peer.subject) redirects, and the secret isn't sent on."
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
        case .transferEncoding: "The server's answer has a Transfer-Encoding that can't be undone."
        case .tokenMissing: "The server's answer holds no access_token."
        case .tokenUnreadable: "The server's access_token isn't a line of visible ASCII characters."
        case .tokenTooLong(let limit): "The server's access_token is longer than \(limit) bytes."
        case .tokenIsSecret: "The server's access_token contains the client secret, or a part of it."
        case .notBearer: "The server's token isn't a bearer token."
        case .lifetimeUnreadable: "The server's expires_in isn't a number of seconds."
        }
    }

    package var remedy: String { remedy(of: .tokenEndpoint) }

    func remedy(of peer: Peer) -> String {
        switch self {
        case .refused:
            "Check the credential with its issuer; if it has unusual characters, try the other Basic encoding."
        case .throttled(_?), .serverFault(_, _?, _): "Ask again after that time."
        case .throttled, .requestTimeout, .serverFault: "Ask again in a minute."
        case .redirect:
            "Run isogeo-vault rotate NAME client_secrets.json --token-uri URL if the new address can be trusted."
        case .proxyAuthentication: "Use a proxy without user and password, or none for this host (no_proxy)."
        case .rejected: "Check scope, parameters and \(peer.name)'s address."
        case .empty, .notJSON, .notAnObject, .tooLarge, .headersTooLarge, .transferEncoding, .tokenMissing:
            "Check \(peer.name)'s address, and whether a proxy or log-in page answers in its place."
        case .tokenUnreadable, .tokenTooLong, .tokenIsSecret, .notBearer, .lifetimeUnreadable:
            "Check \(peer.name)'s address, and report it to the server's operator."
        }
    }

    private static func waiting(_ notBefore: Int64?) -> String {
        notBefore.map { "; not before \(HTTPDate.format($0))" } ?? ""
    }
}

extension ServerError {
    /// `, code: description`, as far as there is any.
    fileprivate var suffix: String {
        let words = code == description ? [code] : [code, description]
        let phrases = words.compactMap(\.?.phrase)
        return phrases.isEmpty ? "" : ", \(phrases.joined(separator: ": "))"
    }
}

extension ServerWords {
    /// The words, or why they aren't shown.
    package var phrase: String {
        switch self {
        case .text(let text): text
        case .withheld: "its words aren't shown, because they hold something like the secret"
        }
    }
}
