internal import VaultCrypto
package import VaultHTTP

/// Reads an API with a bearer token (RFC 6750): one GET, no redirect, to the host of its base and no other.
///
/// It blocks: never on Swift's own threads.
package struct APIClient: Sendable {
    /// How much of an error's body is read, in bytes.
    private static let errorLimit = 65_536

    private let transport: CurlTransport

    package init(transport: CurlTransport = CurlTransport()) { self.transport = transport }

    /// Sends a request; the body of a success goes to `reader` as it comes, however long it is.
    ///
    /// - Parameters:
    ///   - request: what is read.
    ///   - token: the access token.
    ///   - connection: certificates, proxy, limits: its time limit is for the first byte and for each silence after it;
    ///     the whole may take as long as bytes come.
    ///   - now: seconds since 1970.
    ///   - reader: called with each piece; returns whether it wants more.
    /// - Throws: why there is no success; no word of the server's in it holds the token.
    package func get(
        _ request: APIRequest,
        token: String,
        connection: ConnectionSettings,
        now: Int64,
        to reader: (Span<UInt8>) -> Bool
    ) throws(APIError) {
        let reply: HTTPReply
        do throws(StreamError) { reply = try send(request, token: token, connection, to: reader) } catch {
            throw APIError(error)
        }
        guard !(200..<300).contains(reply.status) else { return }
        let echo = SecretEcho(token: token)
        let (status, retryAfter, location) = (reply.status, reply.retryAfter, reply.location)
        throw .answer(
            APIAnswer(
                status: status,
                words: Self.words(reply, echo),
                notBefore: retryAfter.flatMap { RetryAfter.time($0, now: now) },
                redirectHost: location.flatMap { TokenResponse.redirectHost($0, echo) }
            )
        )
    }

    private func send(
        _ request: APIRequest,
        token: String,
        _ connection: ConnectionSettings,
        to reader: (Span<UInt8>) -> Bool
    ) throws(StreamError) -> HTTPReply {
        let server = request.base.endpoint.server
        let handle = try Self.requesting { () throws(HTTPError) in
            try CurlEasyHandle(bodyLimit: Self.errorLimit, isSet: transport.isSet)
        }
        let route = try Self.requesting { () throws(HTTPError) in
            try handle.setAddress(request.url, server.scheme)
            for line in ["Accept: application/json", "User-Agent: isogeo-vault"] { try handle.addLine(line) }
            // An export of hundreds of mebibytes takes its time; silence doesn't.
            try handle.setSilenceLimit(connection.timeLimit)
            return try handle.reach(server, connection, isSet: transport.isSet)
        }
        return try handle.stream("Authorization: Bearer \(token)", on: route, to: reader)
    }

    private static func requesting<Result: ~Copyable>(_ body: () throws(HTTPError) -> Result)
        throws(StreamError) -> Result
    {
        do { return try body() } catch { throw .request(error) }
    }

    /// What the API says of its failure, from the members that such answers have.
    private static func words(_ reply: borrowing HTTPReply, _ echo: SecretEcho) -> ServerWords? {
        let copy = reply.body.withBytes { SecretBytes(copying: $0) }
        guard let document = try? StrictJSON(copy) else { return nil }
        var words: [String] = []
        for name in ["error", "error_description", "message", "detail"] {
            guard let member = document.member(name, of: document.root), let text = document.secret(member),
                let cleaned = text.withBytes({ ServerWords.clean($0, without: echo) })
            else { continue }
            guard case .text(let text) = cleaned else { return .withheld }
            if !words.contains(text) { words.append(text) }
        }
        return words.isEmpty ? nil : .text(words.joined(separator: ": "))
    }
}

/// An API's answer that is no success.
package struct APIAnswer: Equatable, Sendable {
    package let status: Int
    /// The API's own words, cleaned.
    package let words: ServerWords?
    /// The time before which it doesn't want to be asked again, in seconds since 1970.
    package let notBefore: Int64?
    /// Where it would send us.
    package let redirectHost: String?
}

/// Why an API gave nothing.
package enum APIError: Error, Equatable, Sendable {
    /// No answer came.
    case request(OAuthError)
    case answer(APIAnswer)
    /// Nothing more came of an answer that had begun.
    case stalled
    /// The reader wanted no more.
    case readerStopped
}

extension APIError {
    fileprivate init(_ error: StreamError) {
        self =
            switch error {
            case .request(let problem): .request(OAuthError(problem.explainedByLimits()))
            case .stalled: .stalled
            case .readerStopped: .readerStopped
            }
    }
}
