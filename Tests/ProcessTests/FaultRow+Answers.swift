import VaultTestSupport

/// What servers answer.
extension FaultRow {
    static let statuses: [FaultRow] =
        [
            FaultRow("200", .token, 0),
            FaultRow("201", .answer("201 Created", token()), 0),
            FaultRow("early hints", .raw("HTTP/1.1 103 Early Hints\r\nRetry-After: 9\r\n\r\n\(wholeAnswer)"), 0),
            FaultRow("HTTP/1.0", .raw("HTTP/1.0 200 OK\r\n\r\n\(token())"), 0),
            FaultRow("400 without a word", .answer("400 Bad Request", ""), 67, "(status 400)"),
            FaultRow("400", .answer("400 No", #"{"error": "invalid_request"}"#), 76, "(status 400, invalid_request)"),
            FaultRow("400, unknown client", .answer("400 No", #"{"error": "invalid_client"}"#), 67, "invalid_client)"),
            FaultRow("400, escapes", .answer("400 No", #"{"error": "a\u001b[31m\nb"}"#), 76, "(status 400, a [31m b)"),
            FaultRow("401", .answer("401 No", #"{"error": "invalid_client"}"#), 67, "(status 401, invalid_client)"),
            FaultRow("401, Basic", .answer("401 No", "", "WWW-Authenticate: Basic realm=\"x\""), 67, "(status 401)"),
            // The status line decides, however the answer ends: a second request could lock the account.
            FaultRow("401, cut", .raw("HTTP/1.1 401 No\r\nContent-Length: 900\r\n\r\n{"), 67, "(status 401)"),
            FaultRow("401, cut amid the headers", .raw("HTTP/1.1 401 No\r\nX: y"), 67, "(status 401)"),
            FaultRow("401, a line of 200 KiB", .raw("HTTP/1.1 401 No\r\nX: \(filler)\r\n\r\n"), 67, "(status 401)"),
            FaultRow("401, 2 MiB", .answer("401 No", spaces(2 << 20)), 67, "(status 401)"),
            FaultRow("400, cut", .raw("HTTP/1.1 400 No\r\nContent-Length: 9\r\n\r\n"), 76, "request (status 400)"),
            FaultRow("503, cut", .raw("HTTP/1.1 503 No\r\nContent-Length: 9\r\n\r\n"), 75, "(status 503)", requests: 3),
            FaultRow("403 without a word", .answer("403 No", ""), 67, "(status 403)"),
            FaultRow("403, a page", .answer("403 No", "<html>"), 76, "rejects the request (status 403)"),
            FaultRow("404", .answer("404 No", "{}"), 76, "rejects the request (status 404)"),
            FaultRow("407", .answer("407 No", "", "Proxy-Authenticate: Basic"), 76, "(status 407)"),
            FaultRow("408", .answer("408 No", "{}"), 75, "gave up waiting for the request", requests: 3),
            FaultRow("422", .answer("422 No", #"{"detail": [{"msg": "a"}]}"#), 76, "rejects the request (status 422)"),
            FaultRow("429", .answer("429 No", "", "Retry-After: 1"), 75, "(status 429; not before 2", requests: 3),
            FaultRow("429, in an hour", .answer("429 No", "", "Retry-After: 3600"), 75, "(status 429; not before 2"),
            FaultRow(
                "429, a date",
                .answer("429 No", "", "Retry-After: Fri, 31 Dec 2088 23:59:59 GMT"),
                75,
                "(status 429; not before 2088-12-31T23:59:59Z)"
            ),
            FaultRow("429, no time", .answer("429 No", "", "Retry-After: soon"), 75, "(status 429)", requests: 3),
            FaultRow("501", .answer("501 No", ""), 75, "failed (status 501)"),
            FaultRow("503, in an hour", .answer("503 No", "", "Retry-After: 3600"), 75, "(status 503; not before 2"),
        ]
        + [500, 502, 503, 504].map {
            FaultRow("\($0)", .answer("\($0) No", "<html>"), 75, "failed (status \($0))", requests: 3)
        }
        + [301, 302, 303, 307, 308].map {
            FaultRow(
                "\($0)",
                .answer("\($0) There", "", "Location: http://u:p@127.0.0.1:%PORT:elsewhere%/token"),
                76,
                "redirects to 127.0.0.1:%PORT:elsewhere%, where the secret isn't sent"
            )
        }
        + [FaultRow("redirect to nowhere", .answer("302 There", ""), 76, "redirects, and the secret isn't sent on")]

    static let bodies: [FaultRow] =
        [
            FaultRow("200 with an error", .answer("200 OK", #"{"error": "access_denied"}"#), 76, "(status 200, acc"),
            FaultRow("200 with a refusal", .answer("200 OK", #"{"error": "invalid_client"}"#), 67, "(status 200, inv"),
            FaultRow("a log-in page", .answer("200 OK", "<html>"), 76, "isn't JSON (status 200): at line 1, column 1"),
            FaultRow("empty", .answer("200 OK", ""), 76, "answer is empty (status 200)"),
            FaultRow("blank", .answer("200 OK", " \r\n"), 76, "answer is empty (status 200)"),
            FaultRow("204", .raw("HTTP/1.1 204 No Content\r\n\r\n"), 76, "answer is empty (status 204)"),
            FaultRow("an array", .answer("200 OK", "[]"), 76, "JSON, but not an object"),
            FaultRow("2 MiB", .answer("200 OK", spaces(2 << 20)), 76, "larger than 1048576 bytes"),
            FaultRow("2 MiB unannounced", .raw(unannounced + spaces(2 << 20)), 76, "larger than 1048576 bytes"),
            FaultRow("endless", .raw(unannounced, then: .forever(kibibyte, every: 0)), 76, "larger than 1048576 bytes"),
            FaultRow(
                "endless headers",
                .raw("HTTP/1.1 200 OK\r\n", then: .forever(headerLine, every: 0)),
                76,
                "larger"
            ),
            FaultRow("a line of 200 KiB", .raw("HTTP/1.1 200 OK\r\nX: \(filler)\r\n\r\n"), 76, "header lines of the"),
            FaultRow("cut amid the headers", .raw("HTTP/1.1 200 OK\r\nX: y"), 75, "broke before", requests: 3),
            FaultRow("cut behind a header", .raw("HTTP/1.1 200 OK\r\nX: y\r\n"), 75, "broke before", requests: 3),
            FaultRow(
                "Transfer-Encoding: gzip",
                .raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n\(token())"),
                76,
                "has a Transfer-Encoding that can't be undone"
            ),
            FaultRow(
                "a token of 200 KiB",
                .answer("200 OK", token("access_token", "\"\(filler)\"")),
                76,
                "access_token is longer than 65536 bytes"
            ),
            FaultRow("UTF-8 broken", .bytes(Array(#"{"access_token": ""#.utf8) + [0xC3, 0x28]), 76, "isn't JSON"),
            FaultRow("UTF-16", .bytes(Array(token().utf8).flatMap { [$0, 0] }), 76, "isn't JSON"),
            FaultRow("gzip", .bytes(gzip, "Content-Encoding: gzip"), 76, "isn't JSON"),
            FaultRow("a member twice", .answer("200 OK", twice), 76, "isn't JSON"),
            FaultRow("100 000 deep", .answer("200 OK", String(repeating: "[", count: 100_000)), 76, "isn't JSON"),
            FaultRow("too short a length", .raw(announced(9) + token()), 76, "isn't JSON"),
            FaultRow("too long a length", .raw(announced(999) + token()), 75, "broke before the answer", requests: 3),
            FaultRow("chunked", .raw(chunked + "9\r\n{\"access_\r\nC;x=y\r\ntoken\": \"t\"}\r\n0\r\n\r\n"), 0, assumed),
            FaultRow("chunked, cut", .raw(chunked + "9\r\n{\"access_\r\n"), 75, "broke before the answer", requests: 3),
        ]
        + ["7", "\"\"", "\"a b\"", "\"é\"", "\"a\\nb\"", "[]", "{}", "true"].map {
            FaultRow("access_token \($0)", .answer("200 OK", token("access_token", $0)), 76, "a line of visible ASCII")
        }
        + ["", "null"].map {
            FaultRow("access_token '\($0)'", .answer("200 OK", token("access_token", $0)), 76, "holds no access_token")
        }
        + ["3600", "3600.5", "\"3600\"", "1e3", "0", "-1", "99999999999999999999", "\"3600.5\""].map {
            FaultRow("expires_in \($0)", .answer("200 OK", token("expires_in", $0)), 0)
        }
        + ["", "null"].map { FaultRow("expires_in '\($0)'", .answer("200 OK", token("expires_in", $0)), 0, assumed) }
        + ["\"soon\"", "\"\"", "true", "[]", "{}", "\"1 h\""].map {
            FaultRow("expires_in \($0)", .answer("200 OK", token("expires_in", $0)), 76, "expires_in isn't a number")
        }
        + ["\"Bearer\"", "\"BEARER\"", "null", ""].map {
            FaultRow("token_type \($0)", .answer("200 OK", token("token_type", $0)), 0)
        }
        + ["\"mac\"", "\"BearerToken\"", "\"\"", "7", "[]"].map {
            FaultRow("token_type \($0)", .answer("200 OK", token("token_type", $0)), 76, "isn't a bearer token")
        }

    private static let filler = String(repeating: "x", count: 200 << 10)
    private static let assumed = "The server doesn't say how long its token lives: an hour is assumed."
    private static let twice = #"{"access_token": "t", "access_token": "u"}"#
    private static let kibibyte = [UInt8](repeating: 0x20, count: 1024)
    private static let headerLine = Array("X-Filler: \(String(repeating: "x", count: 1000))\r\n".utf8)
    static let unannounced = "HTTP/1.1 200 OK\r\n\r\n"
    private static let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    static let wholeAnswer = announced(token().utf8.count) + token()
    static func announced(_ count: Int) -> String { "HTTP/1.1 200 OK\r\nContent-Length: \(count)\r\n\r\n" }
    private static func spaces(_ count: Int) -> String { String(repeating: " ", count: count) }

    /// `{}` as gzip writes it (RFC 1952).
    private static let gzip: [UInt8] = [
        0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xAB, 0xAE, 5, 0, 0x43, 0xBF, 0xA6, 0xA3, 2, 0, 0, 0,
    ]
}

extension [FaultServer.Step] {
    fileprivate static func bytes(_ body: [UInt8], _ headers: String...) -> Self {
        let lines = ["HTTP/1.1 200 OK", "Content-Length: \(body.count)"] + headers
        return [.read, .send([UInt8]((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body)]
    }
}
