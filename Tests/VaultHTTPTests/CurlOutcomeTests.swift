import CVaultCurl
import Testing
import VaultSystem

@testable import VaultHTTP

@Suite struct CurlOutcomeTests {
    private func error(
        _ code: cvault_curl_code,
        message: String = "",
        systemError: Int32 = 0,
        verifyResult: Int = 0,
        proxyVerifyResult: Int = 0,
        connectStatus: Int = 0,
        connectedPort: Int = 0,
        route: CurlRoute = CurlRoute(host: "[::1]", port: 443, caFile: "ours.pem"),
        bodyLimit: Int? = nil,
        headersAreTooLarge: Bool = false
    ) -> HTTPError {
        CurlOutcome(
            route: route,
            code: code.rawValue,
            message: message,
            systemError: systemError,
            verifyResult: verifyResult,
            proxyVerifyResult: proxyVerifyResult,
            connectStatus: connectStatus,
            connectedPort: connectedPort,
            bodyLimit: bodyLimit,
            headersAreTooLarge: headersAreTooLarge
        ).error
    }

    @Test func `each failure of libcurl's has its cause`() {
        #expect(error(CVAULT_CURLE_COULDNT_RESOLVE_HOST) == .connection(.nameResolution))
        #expect(error(CVAULT_CURLE_COULDNT_CONNECT, systemError: 111) == .connection(.refused))
        #expect(error(CVAULT_CURLE_COULDNT_CONNECT, systemError: 113) == .connection(.unreachable(Errno(113))))
        #expect(error(CVAULT_CURLE_OPERATION_TIMEDOUT) == .connection(.timedOut))
        let resolving = "Resolving timed out after 3000 milliseconds"
        #expect(error(CVAULT_CURLE_OPERATION_TIMEDOUT, message: resolving) == .connection(.nameResolution))
        #expect(error(CVAULT_CURLE_ABORTED_BY_CALLBACK) == .connection(.interrupted))
        #expect(error(CVAULT_CURLE_GOT_NOTHING) == .connection(.broken))
        #expect(error(CVAULT_CURLE_RECV_ERROR, message: "Connection reset by peer") == .connection(.broken))
        #expect(error(CVAULT_CURLE_RECV_ERROR, message: "tlsv13 alert certificate required") == .tls(.handshakeFailed))
        #expect(error(CVAULT_CURLE_WEIRD_SERVER_REPLY) == .connection(.notHTTP))
        #expect(error(CVAULT_CURLE_WRITE_ERROR, bodyLimit: 1 << 20) == .bodyTooLarge(limit: 1 << 20))
        let headers = error(CVAULT_CURLE_WRITE_ERROR, headersAreTooLarge: true)
        #expect(headers == .headersTooLarge(limit: 65_536))
        #expect(error(CVAULT_CURLE_OUT_OF_MEMORY) == .connection(.other(code: 27)))
        #expect(error(CVAULT_CURLE_SSL_CACERT_BADFILE) == .configuration(.caFileInvalid(path: "ours.pem")))
    }

    @Test func `what a proxy does is not the endpoint's fault`() {
        let proxied = CurlRoute(host: "[::1]", port: 443, proxy: "p:3128")
        let perhaps = CurlRoute(host: "[::1]", port: 443, proxy: "p:3128", mayBypassProxy: true)
        func proxy(_ cause: ProxyProblem.Cause) -> HTTPError { .proxy(ProxyProblem(proxy: "p:3128", cause: cause)) }
        for route in [proxied, perhaps] {
            #expect(error(CVAULT_CURLE_COULDNT_RESOLVE_PROXY, route: route) == proxy(.connection(.nameResolution)))
            #expect(error(CVAULT_CURLE_RECV_ERROR, connectStatus: 407, route: route) == proxy(.authentication))
            #expect(error(CVAULT_CURLE_RECV_ERROR, connectStatus: 503, route: route) == proxy(.answered(status: 503)))
            // The port tells whose connection it was.
            let timeOut = CVAULT_CURLE_OPERATION_TIMEDOUT
            #expect(error(timeOut, connectedPort: 3128, route: route) == proxy(.connection(.timedOut)))
            #expect(error(timeOut, connectStatus: 200, connectedPort: 3128, route: route) == .connection(.timedOut))
            // And libcurl's words, whom it wanted to connect to.
            let refused = CVAULT_CURLE_COULDNT_CONNECT
            let words = "Failed to connect to p port 3128 after 0 ms: Couldn't connect to server"
            #expect(error(refused, message: words, systemError: 111, route: route) == proxy(.connection(.refused)))
            let direct = "Failed to connect to ::1 port 443 after 0 ms: Couldn't connect to server"
            #expect(error(refused, message: direct, systemError: 111, route: route) == .connection(.refused))
        }
        #expect(error(CVAULT_CURLE_PROXY, route: proxied) == proxy(.noWay))
        #expect(error(CVAULT_CURLE_OPERATION_TIMEDOUT, route: proxied) == proxy(.connection(.timedOut)))
        #expect(error(CVAULT_CURLE_OPERATION_TIMEDOUT, route: perhaps) == .connection(.timedOut))
        let untrusted = CVAULT_CURLE_PEER_FAILED_VERIFICATION
        #expect(error(untrusted, proxyVerifyResult: 10, route: proxied) == proxy(.tls(.expired)))
        #expect(error(untrusted, verifyResult: 10, connectStatus: 200, route: proxied) == .tls(.expired))
        #expect(error(CVAULT_CURLE_WRITE_ERROR, route: proxied, bodyLimit: 1 << 20) == .bodyTooLarge(limit: 1 << 20))
    }

    @Test(
        arguments: [
            (10, .expired), (9, .notYetValid), (18, .selfSigned), (19, .unknownIssuer), (20, .unknownIssuer),
            (21, .unknownIssuer), (23, .revoked), (66, .weakKey), (62, .nameMismatch), (0, .nameMismatch),
            (1, .nameMismatch),
            (26, .invalidCertificate),
        ] as [(Int, TLSProblem)]
    ) func `each fault of a certificate is named`(_ verdict: Int, _ problem: TLSProblem) {
        #expect(error(CVAULT_CURLE_PEER_FAILED_VERIFICATION, verifyResult: verdict) == .tls(problem))
    }

    @Test(
        arguments: [
            ("error:0A000102:SSL routines::unsupported protocol", .tls(.tooOld)),
            ("error:0A00042E:SSL routines::tlsv1 alert protocol version", .tls(.tooOld)),
            ("error:0A00010B:SSL routines::wrong version number", .tls(.notTLS)),
            ("OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to a:1", .connection(.broken)),
            ("OpenSSL SSL_connect: Connection reset by peer in connection to a:1", .connection(.broken)),
            ("error:0A000410:SSL routines::sslv3 alert handshake failure", .tls(.handshakeFailed)),
        ] as [(String, HTTPError)]
    ) func `a failed handshake is told apart by its words`(_ message: String, _ expected: HTTPError) {
        #expect(error(CVAULT_CURLE_SSL_CONNECT_ERROR, message: message) == expected)
    }

    @Test func `the libcurl that will do is 7.87 of OpenSSL or later`() throws {
        try CurlLibrary.check(version: 0x075700, tls: "OpenSSL/1.1.1")
        try CurlLibrary.check(version: 0x080900, tls: "OpenSSL/3.0.19")
        try CurlLibrary.check(version: 0x080900, tls: "(GnuTLS/3.7.9) OpenSSL/3.0.19")
        #expect(throws: ConfigurationProblem.libraryTooOld(version: "7.86.0")) {
            try CurlLibrary.check(version: 0x075600, tls: "OpenSSL/3.0.19")
        }
        for tls in ["GnuTLS/3.7.9", "GnuTLS/3.7.9 (OpenSSL/3.0)", "", nil] {
            #expect(throws: ConfigurationProblem.libraryWithoutOpenSSL) {
                try CurlLibrary.check(version: 0x075700, tls: tls)
            }
        }
    }

    @Test func `a library that isn't there is an error of its own`() {
        #expect(throws: ConfigurationProblem.libraryMissing) { try CurlLibrary.open(named: "libcurl-absent.so.4") }
        // This one is there, and isn't libcurl.
        #expect(throws: ConfigurationProblem.libraryUnusable(option: 0)) { try CurlLibrary.open(named: "libc.so.6") }
    }

    @Test func `of several answers in one the last counts`() {
        let lines =
            "HTTP/1.1 103 Early\r\nRetry-After: 1\r\n\r\nHTTP/1.1 429 No\r\nLOCATION:  /x \r\nRetry-After: 2\r\nretry-after: 3\r\n\r\n"
        let headers = ReplyHeaders(Array(lines.utf8))
        #expect(headers["retry-after"] == "2")
        #expect(headers["location"] == "/x")
        #expect(headers["date"] == nil)
    }
}
