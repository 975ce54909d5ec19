internal import CVaultCurl
internal import VaultCrypto
internal import VaultSystem

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

    /// Sets bytes, which are copied.
    borrowing func set(_ option: cvault_curl_option, _ bytes: [UInt8]) throws(OAuthError) {
        try check(unsafe cvault_exchange_set_blob(exchange, option, bytes, bytes.count), option)
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

    /// Has nothing sent to a program of another user that listens on this computer.
    borrowing func requireOwnListener() throws(OAuthError) {
        let judge: @convention(c) (UnsafePointer<CChar>?, CInt, UnsafePointer<CChar>?, CInt) -> Int64 = {
            address,
            port,
            own,
            ownPort in
            guard let address = unsafe address, let own = unsafe own else { return -2 }
            return unsafe ListenerOwner.verdict(
                String(cString: address),
                UInt16(truncatingIfNeeded: port),
                from: String(cString: own),
                UInt16(truncatingIfNeeded: ownPort)
            )
        }
        try check(unsafe cvault_exchange_check_peer(exchange, judge), CVAULT_CURLOPT_PREREQFUNCTION)
    }

    private borrowing func check(_ code: UInt32, _ option: cvault_curl_option) throws(OAuthError) {
        guard code == 0 else { throw .configuration(.libraryUnusable(option: Int(option.rawValue))) }
    }

    // MARK: - The request

    /// Sends the request and waits for the answer.
    borrowing func perform(_ credentials: borrowing BasicCredentials, on route: CurlRoute) throws(OAuthError)
        -> TransportReply
    {
        let code = SecretStack.run {
            credentials.withTerminatedHeader { line in
                unsafe line.withUnsafeBufferPointer { line in
                    unsafe line.withMemoryRebound(to: CChar.self) { line in
                        unsafe cvault_exchange_perform(exchange, line.baseAddress)
                    }
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
    borrowing func reply(_ code: UInt32) -> TransportReply {
        let received = unsafe exchange.pointee.body
        let lines = headers
        return TransportReply(
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
            bodyIsTooLarge: bodyIsTooLarge,
            headersAreTooLarge: unsafe exchange.pointee.headers.overflowed != 0 || isLineTooLong(code),
            headersBrokeOff: code == CVAULT_CURLE_OK.rawValue,
            peerVerdict: unsafe exchange.pointee.peer_verdict
        )
    }

    borrowing func get(_ info: cvault_curl_info) -> Int {
        unsafe cvault_exchange_get_long(exchange, info)
    }
}

/// The header lines of an answer.
struct ReplyHeaders {
    private var values: [String: String] = [:]
    /// Whether the empty line came that ends them.
    private(set) var areComplete = false

    /// Reads header lines as they came; of several answers in one (`103 Early Hints` before `200`) the last counts.
    init(_ lines: some Collection<UInt8>) {
        // Without what follows the last line end.
        let lines = String(decoding: lines, as: UTF8.self)
            .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).dropLast()
        for line in lines {
            if line.hasPrefix("HTTP/") { (values, areComplete) = ([:], false) }
            if line.isEmpty { areComplete = true }
            guard let colon = line.firstIndex(of: ":") else { continue }
            let name = line[..<colon].lowercased()
            if values[name] == nil { values[name] = String(line[line.index(after: colon)...]).trimmingSpaces }
        }
    }

    /// The first value of a header, by its name in lower case.
    subscript(name: String) -> String? { values[name] }
}
