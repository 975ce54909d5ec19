internal import CVaultCurl

extension CurlEasyHandle {
    /// Sends a GET; the body of a success goes to `reader` as it comes.
    ///
    /// - Parameters:
    ///   - authorization: the header line.
    ///   - route: where it goes.
    ///   - reader: called with each piece; returns whether it wants more.
    /// - Returns: status, headers, and the body of a failure as far as the limit goes.
    /// - Throws: why no answer came, or not all of it.
    package borrowing func stream(_ authorization: String, on route: CurlRoute, to reader: (Span<UInt8>) -> Bool)
        throws(StreamError) -> HTTPReply
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

/// Why a body that is read as it comes didn't come to its end.
package enum StreamError: Error {
    /// No answer came.
    case request(HTTPError)
    /// Nothing more came of an answer that had begun.
    case stalled
    /// The reader wanted no more.
    case readerStopped
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
