internal import CVaultCurl
internal import VaultCrypto

/// One request of libcurl's, with all that it points to.
@safe
struct CurlEasyHandle: ~Copyable {
    /// With header lines of more bytes than this the answer is too large.
    static let headerLimit = 65_536

    let exchange: UnsafeMutablePointer<cvault_exchange>

    init(answerLimit: Int) throws(OAuthError) {
        guard let exchange = unsafe cvault_exchange_new(answerLimit, Self.headerLimit) else {
            throw .configuration(.libraryUnusable(option: 0))
        }
        unsafe self.exchange = unsafe exchange
    }

    deinit { unsafe cvault_exchange_free(exchange) }

    // MARK: - Before

    borrowing func set(_ option: cvault_curl_option, _ value: Int) throws(OAuthError) {
        try check(unsafe cvault_exchange_set_long(exchange, option, value), option)
    }

    /// Sets a text, which is copied; nil takes the library's default away.
    borrowing func set(_ option: cvault_curl_option, _ text: String?) throws(OAuthError) {
        try check(unsafe cvault_exchange_set_text(exchange, option, text), option)
    }

    borrowing func setBody(_ body: [UInt8]) throws(OAuthError) {
        try check(unsafe cvault_exchange_set_body(exchange, body, body.count), CVAULT_CURLOPT_COPYPOSTFIELDS)
    }

    borrowing func addLine(_ line: String) throws(OAuthError) {
        try check(unsafe cvault_exchange_add_line(exchange, line), CVAULT_CURLOPT_HTTPHEADER)
    }

    /// Has a host and port looked up nowhere: `host:port:address,address`.
    borrowing func resolve(_ entry: String) throws(OAuthError) {
        try check(unsafe cvault_exchange_pin_address(exchange, entry), CVAULT_CURLOPT_RESOLVE)
    }

    /// Ends the request when it is interrupted; the interruption must live as long.
    borrowing func watch(_ interruption: Interruption) throws(OAuthError) {
        try check(unsafe cvault_exchange_watch(exchange, interruption.flag), CVAULT_CURLOPT_XFERINFODATA)
    }

    private borrowing func check(_ code: UInt32, _ option: cvault_curl_option) throws(OAuthError) {
        guard code == 0 else { throw .configuration(.libraryUnusable(option: Int(option.rawValue))) }
    }

    // MARK: - The request

    /// Sends the request and waits for the answer.
    borrowing func perform(_ credentials: borrowing BasicCredentials, on route: CurlRoute) throws(OAuthError)
        -> TransportReply
    {
        let code = credentials.withTerminatedHeader { line in
            unsafe line.withUnsafeBufferPointer { line in
                unsafe line.withMemoryRebound(to: CChar.self) { line in
                    unsafe cvault_exchange_perform(exchange, line.baseAddress)
                }
            }
        }
        let received = unsafe exchange.pointee.body
        let headers = unsafe exchange.pointee.headers
        guard code == CVAULT_CURLE_OK.rawValue else {
            throw outcome(code, on: route, bodyIsTooLarge: unsafe received.overflowed != 0).error
        }
        let lines = unsafe ReplyHeaders(UnsafeBufferPointer(start: headers.bytes, count: headers.count))
        return TransportReply(
            status: get(CVAULT_CURLINFO_RESPONSE_CODE),
            body: unsafe SecretBytes(
                copying: Span(_unsafeElements: UnsafeBufferPointer(start: received.bytes, count: received.count))
            ),
            retryAfter: lines["retry-after"],
            location: lines["location"]
        )
    }

    /// What a code of libcurl's means, with all that libcurl reports of the request.
    borrowing func outcome(_ code: UInt32, on route: CurlRoute, bodyIsTooLarge: Bool) -> CurlOutcome {
        CurlOutcome(
            route: route,
            code: code,
            message: unsafe String(cString: cvault_exchange_message(exchange)),
            systemError: Int32(truncatingIfNeeded: get(CVAULT_CURLINFO_OS_ERRNO)),
            verifyResult: get(CVAULT_CURLINFO_SSL_VERIFYRESULT),
            proxyVerifyResult: get(CVAULT_CURLINFO_PROXY_SSL_VERIFYRESULT),
            connectStatus: get(CVAULT_CURLINFO_HTTP_CONNECTCODE),
            connectedPort: get(CVAULT_CURLINFO_PRIMARY_PORT),
            bodyIsTooLarge: bodyIsTooLarge,
            headersAreTooLarge: unsafe exchange.pointee.headers.overflowed != 0
        )
    }

    borrowing func get(_ info: cvault_curl_info) -> Int {
        unsafe cvault_exchange_get_long(exchange, info)
    }
}

/// The header lines of an answer.
struct ReplyHeaders {
    private var values: [String: String] = [:]

    /// Reads header lines as they came; of several answers in one (`103 Early Hints` before `200`) the last counts.
    init(_ lines: some Collection<UInt8>) {
        for line in String(decoding: lines, as: UTF8.self).split(whereSeparator: \.isNewline) {
            if line.hasPrefix("HTTP/") { values = [:] }
            guard let colon = line.firstIndex(of: ":") else { continue }
            let name = line[..<colon].lowercased()
            if values[name] == nil { values[name] = String(line[line.index(after: colon)...]).trimmingSpaces }
        }
    }

    /// The first value of a header, by its name in lower case.
    subscript(name: String) -> String? { values[name] }
}
