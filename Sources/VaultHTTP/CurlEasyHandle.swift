internal import CVaultCurl
internal import VaultCrypto
internal import VaultSystem

/// One request of libcurl's, with all that it points to.
@safe
package struct CurlEasyHandle: ~Copyable {
    /// With header lines of more bytes than this the answer is too large.
    static let headerLimit = 65_536

    let exchange: UnsafeMutablePointer<cvault_exchange>
    private let bodyLimit: Int

    /// Makes one, and opens libcurl for it unless that is open.
    ///
    /// - Parameters:
    ///   - bodyLimit: with a body of more bytes than this the answer is too large.
    ///   - isSet: whether an environment variable has a value.
    /// - Throws: `configuration`.
    package init(bodyLimit: Int, isSet: (String) -> Bool = Environment.hasValue) throws(HTTPError) {
        guard !isSet("SSLKEYLOGFILE") else { throw .configuration(.keyLogging) }
        try CurlLibrary.ready()
        guard let exchange = unsafe cvault_exchange_new(bodyLimit, Self.headerLimit) else {
            throw .configuration(.libraryUnusable(option: 0))
        }
        unsafe self.exchange = unsafe exchange
        self.bodyLimit = bodyLimit
    }

    deinit { unsafe cvault_exchange_free(exchange) }

    // MARK: - Before

    borrowing func set(_ option: cvault_curl_option, _ value: Int) throws(HTTPError) {
        try check(unsafe cvault_exchange_set_long(exchange, option, value), option)
    }

    /// Sets a text, which is copied; nil takes the library's default away.
    borrowing func set(_ option: cvault_curl_option, _ text: String?) throws(HTTPError) {
        try check(unsafe cvault_exchange_set_text(exchange, option, text), option)
    }

    /// Sets bytes, which are copied.
    borrowing func set(_ option: cvault_curl_option, _ bytes: [UInt8]) throws(HTTPError) {
        try check(unsafe cvault_exchange_set_blob(exchange, option, bytes, bytes.count), option)
    }

    borrowing func check(_ code: UInt32, _ option: cvault_curl_option) throws(HTTPError) {
        guard code == 0 else { throw .configuration(.libraryUnusable(option: Int(option.rawValue))) }
    }

    // MARK: - The request

    /// Sends the request and waits for the answer.
    ///
    /// - Parameters:
    ///   - header: a further header line, with a NUL behind it, which libcurl's copies of are wiped.
    ///   - route: where it goes.
    /// - Returns: the answer, whatever its status.
    /// - Throws: why none came.
    package borrowing func perform(_ header: Span<UInt8>, on route: CurlRoute) throws(HTTPError) -> HTTPReply {
        let code = SecretStack.run {
            unsafe header.withUnsafeBufferPointer { line in
                unsafe line.withMemoryRebound(to: CChar.self) { line in
                    unsafe cvault_exchange_perform(exchange, line.baseAddress)
                }
            }
        }
        let received = unsafe exchange.pointee.body
        guard isWhole(code) || statusDecides(code) else {
            throw outcome(code, on: route, bodyIsTooLarge: unsafe received.overflowed != 0).error
        }
        return reply(code)
    }

    /// What arrived, once that is enough.
    borrowing func reply(_ code: UInt32) -> HTTPReply {
        let received = unsafe exchange.pointee.body
        let lines = headers
        return HTTPReply(
            status: get(CVAULT_CURLINFO_RESPONSE_CODE),
            body: unsafe SecretBytes(
                copying: Span(_unsafeElements: UnsafeBufferPointer(start: received.bytes, count: received.count))
            ),
            isCutOff: !isWhole(code),
            retryAfter: lines["retry-after"],
            location: lines["location"]
        )
    }

    private var headers: ReplyHeaders {
        let headers = unsafe exchange.pointee.headers
        return unsafe ReplyHeaders(UnsafeBufferPointer(start: headers.bytes, count: headers.count))
    }

    /// Whether the whole answer came: libcurl takes a connection that is closed amid the headers for their end.
    borrowing func isWhole(_ code: UInt32) -> Bool { code == CVAULT_CURLE_OK.rawValue && headers.areComplete }

    /// Whether the status line is enough, however the answer ended: a 401 that breaks off is a refusal, and to send the
    /// secret again could lock the account.
    borrowing func statusDecides(_ code: UInt32) -> Bool {
        code != CVAULT_CURLE_ABORTED_BY_CALLBACK.rawValue && get(CVAULT_CURLINFO_RESPONSE_CODE) >= 300
            && get(CVAULT_CURLINFO_HTTP_CONNECTCODE) < 300
    }

    /// Whether libcurl gave up a header line, which it keeps to 100 KiB: with OUT_OF_MEMORY, since 8.6 with TOO_LARGE.
    private borrowing func isLineTooLong(_ code: UInt32) -> Bool {
        (code == CVAULT_CURLE_OUT_OF_MEMORY.rawValue || code == Self.tooLarge)
            && get(CVAULT_CURLINFO_RESPONSE_CODE) != 0 && !headers.areComplete
    }

    /// `CURLE_TOO_LARGE`, which the headers of older versions lack.
    private static let tooLarge: UInt32 = 100

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
            bodyLimit: bodyIsTooLarge ? bodyLimit : nil,
            headersAreTooLarge: unsafe exchange.pointee.headers.overflowed != 0 || isLineTooLong(code),
            headersBrokeOff: code == CVAULT_CURLE_OK.rawValue,
            peerVerdict: unsafe exchange.pointee.peer_verdict
        )
    }

    borrowing func get(_ info: cvault_curl_info) -> Int {
        unsafe cvault_exchange_get_long(exchange, info)
    }
}
