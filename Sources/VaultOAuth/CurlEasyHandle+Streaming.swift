internal import CVaultCurl
internal import VaultCrypto

extension CurlEasyHandle {
    /// What holds for every request: to this scheme alone, no redirect, nothing of the user's own curl settings.
    borrowing func setRules(_ scheme: TokenEndpoint.Scheme) throws(OAuthError) {
        try set(CVAULT_CURLOPT_PROTOCOLS_STR, scheme.rawValue)
        try set(CVAULT_CURLOPT_FOLLOWLOCATION, 0)
        // nghttp2 keeps copies of headers.
        try set(CVAULT_CURLOPT_HTTP_VERSION, Int(CVAULT_CURL_HTTP_VERSION_1_1.rawValue))
        try set(CVAULT_CURLOPT_HTTP09_ALLOWED, 0)
        try set(CVAULT_CURLOPT_NETRC, Int(CVAULT_CURL_NETRC_IGNORED.rawValue))
        try set(CVAULT_CURLOPT_VERBOSE, 0)
        try set(CVAULT_CURLOPT_FORBID_REUSE, 1)
        try set(CVAULT_CURLOPT_NOSIGNAL, 1)
        try set(CVAULT_CURLOPT_QUICK_EXIT, 1)
    }

    /// Sends a GET; the body of a success goes to `reader` as it comes.
    ///
    /// - Parameters:
    ///   - authorization: the header line.
    ///   - route: where it goes.
    ///   - reader: called with each piece; returns whether it wants more.
    /// - Returns: status, headers, and the body of a failure as far as the limit goes.
    /// - Throws: why no answer came, or `APIError.readerStopped`.
    borrowing func stream(_ authorization: String, on route: CurlRoute, to reader: (Span<UInt8>) -> Bool)
        throws(APIError) -> TransportReply
    {
        let code = withoutActuallyEscaping(reader) { reader in
            var context = BodyReader(read: reader)
            return unsafe withUnsafeMutablePointer(to: &context) { context in
                unsafe authorization.withCString { line in
                    unsafe cvault_exchange_stream(exchange, line, readBody, context)
                }
            }
        }
        let status = get(CVAULT_CURLINFO_RESPONSE_CODE)
        guard isWhole(code) || statusDecides(code) else {
            if code == CVAULT_CURLE_WRITE_ERROR.rawValue, unsafe exchange.pointee.headers.overflowed == 0 {
                throw .readerStopped
            }
            if code == CVAULT_CURLE_OPERATION_TIMEDOUT.rawValue, status != 0 { throw .stalled }
            throw .request(outcome(code, on: route, bodyIsTooLarge: false).error)
        }
        return reply(code)
    }
}

/// What stands behind the pointer that C hands on.
private struct BodyReader {
    let read: (Span<UInt8>) -> Bool
}

private func readBody(_ context: UnsafeMutableRawPointer?, _ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let reader = unsafe context?.assumingMemoryBound(to: BodyReader.self) else { return 1 }
    let span = unsafe Span(_unsafeElements: UnsafeBufferPointer(start: bytes, count: count))
    return unsafe reader.pointee.read(span) ? 0 : 1
}
