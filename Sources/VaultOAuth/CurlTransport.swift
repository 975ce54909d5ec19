package import VaultHTTP
internal import VaultSystem

/// Sends token requests with the system's libcurl.
package struct CurlTransport: TokenTransport {
    /// The largest answer that is read, in bytes.
    package static let answerLimit = 1 << 20

    let isSet: @Sendable (String) -> Bool

    /// - Parameter isSet: whether an environment variable has a value.
    package init(isSet: @escaping @Sendable (String) -> Bool = Environment.hasValue) { self.isSet = isSet }

    /// Whether what libcurl frees is wiped; opens libcurl.
    ///
    /// It isn't where other code in this process initialised libcurl first.
    package static var wipesMemory: Bool { (try? CurlLibrary.ready()) ?? false }

    /// The same, where libcurl is open already; nil where it isn't.
    package static var wipesMemoryIfOpened: Bool? { CurlLibrary.wipesIfOpened }

    /// Whether there is a libcurl that will do; opens it.
    package static func checkLibrary() throws(OAuthError) {
        do { try CurlLibrary.ready() } catch { throw OAuthError(error) }
    }

    package func prepare() { CurlLibrary.prepare() }

    package func send(_ request: borrowing TransportRequest, timeLimit: Duration) throws(OAuthError) -> HTTPReply {
        do throws(HTTPError) { return try perform(request, timeLimit) } catch {
            throw OAuthError(error.explainedByLimits())
        }
    }

    private func perform(_ request: borrowing TransportRequest, _ timeLimit: Duration) throws(HTTPError) -> HTTPReply {
        let endpoint = request.endpoint
        let handle = try CurlEasyHandle(bodyLimit: Self.answerLimit, isSet: isSet)
        try handle.setAddress(endpoint.canonicalText, endpoint.scheme)
        try handle.setBody(request.body)
        for line in request.headerLines { try handle.addLine(line) }
        try handle.setTimeLimit(timeLimit)
        let route = try handle.reach(endpoint.server, request.connection, isSet: isSet)
        return try request.credentials.withTerminatedHeader { (line: Span<UInt8>) throws(HTTPError) in
            try handle.perform(line, on: route)
        }
    }
}
