internal import VaultCrypto
package import VaultHTTP

/// Decides what an answer of a token endpoint means (RFC 6749 §5).
package enum TokenResponse {
    /// The longest token that is taken, in bytes; nothing could send a longer one in a header.
    package static let tokenLimit = 65_536

    /// Reads an answer.
    ///
    /// - Parameters:
    ///   - reply: status, headers and body.
    ///   - requestedAt: when the request was sent, in seconds since 1970.
    ///   - now: when the answer came, in seconds since 1970; `Retry-After` counts from here.
    ///   - echo: recognises the secret in what the server says.
    /// - Returns: the token.
    /// - Throws: `OAuthError.answer`.
    package static func decode(
        _ reply: consuming HTTPReply,
        requestedAt: Int64,
        now: Int64,
        echo: SecretEcho
    ) throws(OAuthError) -> TokenGrant {
        do {
            return try grant(reply, requestedAt: requestedAt, now: now, echo: echo)
        } catch {
            throw .answer(error)
        }
    }

    private static func grant(
        _ reply: consuming HTTPReply,
        requestedAt: Int64,
        now: Int64,
        echo: SecretEcho
    ) throws(AnswerProblem) -> TokenGrant {
        let status = reply.status
        let notBefore = reply.retryAfter.flatMap { RetryAfter.time($0, now: now) }
        let location = reply.location
        // Of an answer that broke off, what is missing could have been words.
        let isBlank = !reply.isCutOff && reply.body.withBytes { body in body.indices.allSatisfy { body[$0] <= 0x20 } }
        let document: StrictJSON?
        let failure: StrictJSON.Failure?
        do {
            document = try StrictJSON(reply.takeBody())
            failure = nil
        } catch {
            document = nil
            failure = error
        }
        guard let document else {
            try refuse(status, notBefore, location, isBlank: isBlank, .none, echo)
            guard let failure, !isBlank else { throw .empty(status: status) }
            throw .notJSON(status: status, failure)
        }
        let error = errorMember(of: document, echo)
        try refuse(status, notBefore, location, isBlank: false, error, echo)
        guard document.kind(of: document.root) == .object else { throw .notAnObject }
        return try grant(document, requestedAt: requestedAt, echo: echo)
    }

    // MARK: - Errors

    /// Throws for every answer that is an error, by its status or by its `error` member.
    private static func refuse(
        _ status: Int,
        _ notBefore: Int64?,
        _ location: String?,
        isBlank: Bool,
        _ error: ServerError?,
        _ echo: SecretEcho
    ) throws(AnswerProblem) {
        let words = error ?? ServerError(code: nil, description: nil)
        switch status {
        case 300..<400: throw .redirect(host: location.flatMap { redirectHost($0, echo) })
        case 407: throw .proxyAuthentication
        case 408: throw .requestTimeout
        case 429: throw .throttled(notBefore: notBefore)
        case 500...: throw .serverFault(status: status, notBefore: notBefore, words)
        case 401: throw .refused(status: status, words)
        case _ where words.code == .text("invalid_client") || words.code == .text("unauthorized_client"):
            throw .refused(status: status, words)
        case 400 where isBlank, 403 where isBlank: throw .refused(status: status, words)
        case 200..<300 where error == nil: return
        default: throw .rejected(status: status, words)
        }
    }

    /// The `error` member, whatever its type: it is an error even under 200.
    private static func errorMember(of document: borrowing StrictJSON, _ echo: SecretEcho) -> ServerError? {
        guard let error = document.member("error", of: document.root), document.kind(of: error) != .null else {
            return nil
        }
        let description = document.member("error_description", of: document.root)
        return ServerError(
            code: knownCode(error, document).map { .text($0) } ?? words(error, document, echo),
            description: description.flatMap { words($0, document, echo) }
        )
    }

    /// The codes of the RFC (§4.1.2.1, §5.2), which are ours to show whatever they have in common with a secret.
    private static let codes: Set<String> = [
        "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
        "unsupported_response_type", "invalid_scope", "access_denied", "server_error", "temporarily_unavailable",
    ]

    private static func knownCode(_ value: StrictJSON.Value, _ document: borrowing StrictJSON) -> String? {
        guard let text = document.secret(value) else { return nil }
        return codes.first { code in text.matches(Array(code.utf8).span) }
    }

    private static func words(
        _ value: StrictJSON.Value,
        _ document: borrowing StrictJSON,
        _ echo: SecretEcho
    ) -> ServerWords? {
        guard let text = document.secret(value) else { return nil }
        return text.withBytes { ServerWords.clean($0, without: echo) }
    }

    static func redirectHost(_ location: String, _ echo: SecretEcho) -> String? {
        guard let start = location.firstRange(of: "//")?.upperBound else { return nil }
        let authority = location[start...].prefix { !"/?#\\".contains($0) }
        guard let host = authority.split(separator: "@", omittingEmptySubsequences: false).last else { return nil }
        guard case .text(let host) = ServerWords.clean(Array(host.utf8).span, without: echo) else { return nil }
        return host
    }

    // MARK: - Tokens

    private static func grant(_ document: borrowing StrictJSON, requestedAt: Int64, echo: SecretEcho)
        throws(AnswerProblem) -> TokenGrant
    {
        let root = document.root
        guard let member = document.member("access_token", of: root), document.kind(of: member) != .null else {
            throw .tokenMissing
        }
        guard let token = document.secret(member) else { throw .tokenUnreadable }
        let isVisible = token.withBytes { token in token.indices.allSatisfy { 0x21...0x7E ~= token[$0] } }
        guard token.count <= tokenLimit else { throw .tokenTooLong(limit: tokenLimit) }
        guard token.count > 0, isVisible else { throw .tokenUnreadable }
        guard token.withBytes({ !echo.isIn(token: $0) }) else { throw .tokenIsSecret }
        try checkType(document)
        let lifetime = try lifetime(document)
        let scope = document.member("scope", of: root)
        return TokenGrant(
            accessToken: document.text(member) ?? "",
            requestedAt: requestedAt,
            lifetime: lifetime ?? TokenGrant.assumedLifetime,
            lifetimeIsAssumed: lifetime == nil,
            scope: scope.flatMap { words($0, document, echo)?.shown }
        )
    }

    /// `bearer` in any case (RFC 6749 §5.1); missing is taken as that.
    private static func checkType(_ document: borrowing StrictJSON) throws(AnswerProblem) {
        guard let type = document.member("token_type", of: document.root), document.kind(of: type) != .null else {
            return
        }
        guard document.text(type)?.lowercased() == "bearer" else { throw .notBearer }
    }

    /// `expires_in` in whole seconds, at most a day; nil where it is missing or null.
    private static func lifetime(_ document: borrowing StrictJSON) throws(AnswerProblem) -> Int? {
        guard let member = document.member("expires_in", of: document.root) else { return nil }
        let seconds: Double?
        switch document.kind(of: member) {
        case .null: return nil
        case .number: seconds = document.number(member)
        case .string: seconds = numericString(document.secret(member))
        default: seconds = nil
        }
        guard let seconds else { throw .lifetimeUnreadable }
        return Int(min(max(seconds, 0), Double(TokenGrant.longestLifetime)))
    }

    /// A string that holds a number as JSON writes it, and nothing else.
    private static func numericString(_ text: consuming SecretBytes?) -> Double? {
        guard let text, let document = try? StrictJSON(text) else { return nil }
        return document.number(document.root)
    }
}

/// The header `Retry-After` (RFC 9110 §10.2.3).
enum RetryAfter {
    /// The time it means, in seconds since 1970, from a number of seconds or an HTTP date; nil for anything else.
    static func time(_ text: String, now: Int64) -> Int64? {
        let text = text.trimmingSpaces
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return HTTPDate.parse(text, now: now)
        }
        // A year at most: sums stay far from overflowing.
        return now + min(Int64(text) ?? .max, 31_536_000)
    }
}
