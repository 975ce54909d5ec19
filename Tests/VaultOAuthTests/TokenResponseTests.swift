import Testing
import VaultCrypto
import VaultHTTP

@testable import VaultOAuth

@Suite struct TokenResponseTests {
    private static let now: Int64 = 1_800_000_000

    private func decode(
        _ status: Int,
        _ body: String,
        retryAfter: String? = nil,
        location: String? = nil,
        secret: String = canary
    ) throws(OAuthError) -> TokenGrant {
        do throws(OAuthError) {
            return try TokenResponse.decode(
                HTTPReply(status: status, body: guarded(body), retryAfter: retryAfter, location: location),
                requestedAt: Self.now - 5,
                now: Self.now,
                echo: echo(of: secret)
            )
        } catch {
            #expect(!words(of: error).contains(secret))
            throw error
        }
    }

    private func problem(_ status: Int, _ body: String, retryAfter: String? = nil, location: String? = nil)
        -> AnswerProblem?
    {
        do throws(OAuthError) {
            _ = try decode(status, body, retryAfter: retryAfter, location: location)
            return nil
        } catch {
            guard case .answer(let problem) = error else { return nil }
            return problem
        }
    }

    // MARK: - Tokens

    @Test func `Isogeo's answer is read`() throws {
        let grant = try decode(200, #"{ "access_token": "Lorem", "token_type": "bearer", "expires_in": 3599 }"#)
        #expect(
            grant
                == TokenGrant(
                    accessToken: "Lorem",
                    requestedAt: Self.now - 5,
                    lifetime: 3599,
                    lifetimeIsAssumed: false,
                    scope: nil
                )
        )
        #expect(grant.expiry == Self.now - 5 + 3599)
        #expect(grant.isCacheable)
    }

    @Test(arguments: [
        ("3599", 3599, false), ("3600.0", 3600, false), ("3599.9", 3599, false), (#""3600""#, 3600, false),
        (#""3600.0""#, 3600, false), ("36e2", 3600, false), ("null", 3600, true), ("0", 0, false), ("-1", 0, false),
        ("0.5", 0, false), (#""0""#, 0, false), ("-1e400", 0, false), ("86400", 86400, false), ("86401", 86400, false),
        ("1e400", 86400, false), ("99999999999999999999999", 86400, false), (#""1e400""#, 86400, false),
    ]) func `a lifetime of each shape is taken`(_ text: String, _ seconds: Int, _ isAssumed: Bool) throws {
        let grant = try decode(200, #"{"access_token":"t","expires_in":\#(text)}"#)
        #expect(grant.lifetime == seconds)
        #expect(grant.lifetimeIsAssumed == isAssumed)
        #expect(grant.isCacheable == (seconds > 0))
    }

    @Test func `a missing lifetime is the documented hour, and says so`() throws {
        let grant = try decode(201, #"{"access_token":"t","refresh_token":"r","unknown":[{}]}"#)
        #expect(grant.lifetime == 3600)
        #expect(grant.lifetimeIsAssumed)
    }

    @Test(arguments: ["true", "[]", "{}", #""""#, #""soon""#, #""NaN""#, #""3600s""#, #""0x10""#, #""\"5\"""#])
    func `a lifetime that is no number is refused`(_ text: String) {
        #expect(problem(200, #"{"access_token":"t","expires_in":\#(text)}"#) == .lifetimeUnreadable)
    }

    @Test(arguments: [#""bearer""#, #""Bearer""#, #""BEARER""#, "null"])
    func `a bearer token in any case is taken`(_ type: String) throws {
        #expect(try decode(200, #"{"access_token":"t","token_type":\#(type)}"#).accessToken == "t")
    }

    @Test(arguments: [#""BearerToken""#, #""mac""#, #""""#, "1", #"["bearer"]"#, #""bearer ""#, #""DPoP""#])
    func `another kind of token is refused`(_ type: String) {
        #expect(problem(200, #"{"access_token":"t","token_type":\#(type)}"#) == .notBearer)
    }

    @Test(arguments: [#""""#, "7", "[]", #""a b""#, #""a\n""#, #""é""#, #""\u007f""#, #""a\u001b[31m""#, "true"])
    func `a token that isn't visible ASCII is refused`(_ token: String) {
        #expect(problem(200, #"{"access_token":\#(token)}"#) == .tokenUnreadable)
    }

    @Test func `every visible ASCII character may stand in a token`() throws {
        let visible = String(decoding: (0x21...0x7E).map { UInt8($0) }, as: UTF8.self)
        let escaped = visible.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        // Our usual secret has the alphabet in it.
        let grant = try decode(200, #"{"access_token":"\#(escaped)"}"#, secret: "another-secret-of-ours")
        #expect(grant.accessToken == visible)
        let limit = TokenResponse.tokenLimit
        #expect(try decode(200, #"{"access_token":"\#(String(repeating: "x", count: limit))"}"#).lifetime == 3600)
        let longer = String(repeating: "x", count: limit + 1)
        #expect(problem(200, #"{"access_token":"\#(longer)"}"#) == .tokenTooLong(limit: limit))
    }

    @Test func `a scope is kept where it is a text`() throws {
        #expect(try decode(200, #"{"access_token":"t","scope":"a b"}"#).scope == "a b")
        #expect(try decode(200, #"{"access_token":"t","scope":["a"]}"#).scope == nil)
    }

    @Test func `the secret in the token's place is refused`() {
        #expect(problem(200, #"{"access_token":"x\#(canary)"}"#) == .tokenIsSecret)
    }

    @Test func `a token shows itself to nobody`() throws {
        let grant = try decode(200, #"{"access_token":"TOKENTOKEN"}"#)
        var dumped = ""
        dump(grant, to: &dumped)
        dump([grant], to: &dumped)
        #expect(!"\(grant)\(String(reflecting: grant))\([grant])\(dumped)".contains("TOKENTOKEN"))
    }

    // MARK: - Errors

    private static let nothing = ServerError(code: nil, description: nil)

    @Test(
        arguments: [
            (401, "", .refused(status: 401, nothing)), (401, "<html>", .refused(status: 401, nothing)),
            (
                401, #"{"error":"invalid_client","error_description":"no\u001b[2J"}"#,
                .refused(status: 401, ServerError(code: "invalid_client", description: "no [2J"))
            ),
            (
                400, #"{"error":"invalid_client"}"#,
                .refused(status: 400, ServerError(code: "invalid_client", description: nil))
            ),
            (
                400, #"{"error":"unauthorized_client"}"#,
                .refused(status: 400, ServerError(code: "unauthorized_client", description: nil))
            ),
            (
                200, #"{"error":"invalid_client"}"#,
                .refused(status: 200, ServerError(code: "invalid_client", description: nil))
            ),
            (403, "", .refused(status: 403, nothing)), (400, "\r\n", .refused(status: 400, nothing)),
            (403, "<html>captive</html>", .rejected(status: 403, nothing)),
            (400, "{}", .rejected(status: 400, nothing)),
            (
                400, #"{"error":"invalid_scope","error_description":"x"}"#,
                .rejected(status: 400, ServerError(code: "invalid_scope", description: "x"))
            ),
            (422, #"{"detail":[{"msg":"x"}]}"#, .rejected(status: 422, nothing)),
            (404, "", .rejected(status: 404, nothing)),
            (
                200, #"{"error":"incorrect_client_credentials","access_token":"t"}"#,
                .rejected(status: 200, ServerError(code: "incorrect_client_credentials", description: nil))
            ),
            (200, #"{"error":{"code":1},"access_token":"t"}"#, .rejected(status: 200, nothing)),
            (407, "", .proxyAuthentication), (408, "", .requestTimeout), (429, "{}", .throttled(notBefore: nil)),
            (500, "", .serverFault(status: 500, notBefore: nil, nothing)),
            (
                503, #"{"error":"temporarily_unavailable"}"#,
                .serverFault(
                    status: 503,
                    notBefore: nil,
                    ServerError(code: "temporarily_unavailable", description: nil)
                )
            ),
            (
                500, #"{"error":"invalid_client"}"#,
                .serverFault(status: 500, notBefore: nil, ServerError(code: "invalid_client", description: nil))
            ),
            (204, "", .empty(status: 204)), (200, " ", .empty(status: 200)), (101, "", .rejected(status: 101, nothing)),
            (200, "<html>", .notJSON(status: 200, .init(reason: .unexpectedCharacter, line: 1, column: 1))),
            (200, "[]", .notAnObject), (200, "\"t\"", .notAnObject), (200, "{}", .tokenMissing),
            (200, #"{"access_token":null}"#, .tokenMissing), (200, #"{"token":"t"}"#, .tokenMissing),
            (304, "", .redirect(host: nil)),
        ] as [(Int, String, AnswerProblem)]
    )
    func `each answer that is no token is told apart`(_ status: Int, _ body: String, _ expected: AnswerProblem) {
        #expect(problem(status, body) == expected)
    }

    @Test func `an answer with two tokens is refused, as others would take the one or the other`() {
        #expect(
            problem(200, #"{"access_token":"a","access_token":"b"}"#)
                == .notJSON(status: 200, .init(reason: .duplicateKey, line: 1, column: 21))
        )
    }

    @Test(arguments: [
        ("https://evil.example/steal?x", "evil.example"), ("//evil.example:444/x", "evil.example:444"),
        ("https://user:pass@evil.example#x", "evil.example"), ("https://evil.example\\@a/", "evil.example"),
        ("/elsewhere", nil), ("", nil), ("https://e\u{1B}[31mvil.example/", "e [31mvil.example"),
    ]) func `a redirect names the host it leads to`(_ location: String, _ host: String?) {
        for status in [301, 302, 303, 307, 308] {
            #expect(problem(status, "", location: location) == .redirect(host: host))
        }
    }

    @Test(
        arguments: [
            ("120", 120), (" 0 ", 0), ("99999999999999999999", 31_536_000), ("-5", nil), ("soon", nil), ("", nil),
            ("1.5", nil),
            ("Fri, 15 Jan 2027 08:01:00 GMT", 60),
        ] as [(String, Int64?)]
    ) func `Retry-After is read as seconds and as a date`(_ text: String, _ seconds: Int64?) {
        #expect(problem(429, "", retryAfter: text) == .throttled(notBefore: seconds.map { Self.now + $0 }))
        let fault = AnswerProblem.serverFault(status: 503, notBefore: seconds.map { Self.now + $0 }, Self.nothing)
        #expect(problem(503, "", retryAfter: text) == fault)
    }

    // MARK: - Words

    @Test func `a server's words that hold the secret aren't shown`() throws {
        let encoded = try BasicCredentials(clientID: clientID, secret: guarded(canary), encoding: .raw)
            .withEncodedPair { plain($0) }
        let body = #"{"error":"\#(canary)","error_description":"got \#(encoded), sorry"}"#
        let problem = problem(400, body)
        #expect(problem == .rejected(status: 400, ServerError(code: .withheld, description: .withheld)))
        #expect(
            problem?.sentence
                == "The server rejects the request (status 400, its words aren't shown, because they hold something like the secret)."
        )
        #expect(self.problem(302, "", location: "https://\(canary).example/") == .redirect(host: nil))
        #expect(self.problem(302, "", location: "https://\(canary.lowercased()).example/") == .redirect(host: nil))
    }

    @Test func `a code of the RFC is shown, whatever the words next to it hold`() {
        let body = #"{"error":"invalid_scope","error_description":"\#(canary)"}"#
        let problem = problem(400, body)
        #expect(problem == .rejected(status: 400, ServerError(code: "invalid_scope", description: .withheld)))
        #expect(
            problem?.sentence.contains(
                "invalid_scope: its words aren't shown, because they hold something like the secret"
            ) == true
        )
    }

    @Test func `a scope that holds the secret is left out`() throws {
        let grant = try decode(200, #"{"access_token":"a","scope":"\#(canary)","expires_in":60}"#)
        #expect(grant.scope == nil)
    }

    private func clean(_ bytes: [UInt8], secret: String = canary) throws -> ServerWords? {
        ServerWords.clean(bytes.span, without: echo(of: secret))
    }

    @Test func `where a short secret stands nothing is shown`() throws {
        #expect(try clean(Array("not authorised".utf8), secret: "tho") == .withheld)
        #expect(try clean(Array("not authorised".utf8), secret: "xyz") == "not authorised")
    }

    @Test func `words are bounded, valid, and without what steers a terminal`() throws {
        #expect(try clean(Array("a\u{1B}]0;x\u{7}b\tc\u{7F}\u{9B}d\u{202E}e".utf8)) == "a ]0;x b c de")
        #expect(try clean([0x61, 0xFF, 0x62, 0xC3]) == "a\u{FFFD}b\u{FFFD}")
        #expect(try clean([]) == nil)
        #expect(try clean(Array(" \n ".utf8)) == nil)
        let long = try clean(Array(String(repeating: "é", count: 2000).utf8))
        #expect(long?.shown?.count == 300)
        #expect(long?.shown?.hasSuffix("…") == true)
        #expect(try clean([UInt8](repeating: 0x61, count: 16_385)) == nil)
    }

    // MARK: - Dates

    @Test func `each form of an HTTP date is read`() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        ] {
            #expect(HTTPDate.parse(text, now: Self.now) == 784_111_777)
        }
        #expect(HTTPDate.parse("Thu, 29 Feb 2024 00:00:00 GMT", now: 0) == 1_709_164_800)
        #expect(HTTPDate.parse("Thursday, 01-Jan-26 00:00:00 GMT", now: Self.now) == 1_767_225_600)
    }

    @Test(arguments: [
        "", "tomorrow", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nox 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov 99999 08:49:37 GMT", "1 2 3 4 5",
    ]) func `what is no HTTP date is none`(_ text: String) { #expect(HTTPDate.parse(text, now: Self.now) == nil) }

    @Test func `a time is written as RFC 3339 has it`() {
        #expect(HTTPDate.format(784_111_777) == "1994-11-06T08:49:37Z")
        #expect(HTTPDate.format(0) == "1970-01-01T00:00:00Z")
        #expect(HTTPDate.format(951_782_399) == "2000-02-28T23:59:59Z")
        #expect(HTTPDate.format(951_782_400) == "2000-02-29T00:00:00Z")
        #expect(HTTPDate.format(1_709_164_800) == "2024-02-29T00:00:00Z")
        #expect(HTTPDate.format(-1) == "1969-12-31T23:59:59Z")
    }
}
