internal import CVaultCurl
internal import VaultCrypto

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
        let reply: TransportReply
        do { reply = try send(request, token: token, connection, to: reader) } catch {
            guard case .request(let problem) = error else { throw error }
            throw .request(problem.explainedByLimits())
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
    ) throws(APIError) -> TransportReply {
        let exchange = try Self.requesting { () throws(OAuthError) in
            guard !transport.isSet("SSLKEYLOGFILE") else { throw .configuration(.keyLogging) }
            try CurlLibrary.ready()
            return try CurlEasyHandle(answerLimit: Self.errorLimit)
        }
        let endpoint = request.base.endpoint
        let proxy = ResolvedProxy.choose(for: endpoint, own: connection.proxy, isSet: transport.isSet)
        try Self.requesting { () throws(OAuthError) in try configure(exchange, request, proxy, connection) }
        let route = transport.route(to: endpoint, proxy, connection)
        return try exchange.stream("Authorization: Bearer \(token)", on: route, to: reader)
    }

    private func configure(
        _ exchange: borrowing CurlEasyHandle,
        _ request: APIRequest,
        _ proxy: ResolvedProxy,
        _ connection: ConnectionSettings
    ) throws(OAuthError) {
        try exchange.set(CVAULT_CURLOPT_URL, request.url)
        try exchange.set(CVAULT_CURLOPT_PATH_AS_IS, 1)
        try exchange.setRules(request.base.endpoint.scheme)
        for line in ["Accept: application/json", "User-Agent: isogeo-vault"] { try exchange.addLine(line) }
        try exchange.set(CVAULT_CURLOPT_CONNECTTIMEOUT_MS, connection.connectTimeLimit.wholeMilliseconds)
        // An export of hundreds of mebibytes takes its time; silence doesn't. libcurl's speed is an average, so that it
        // notices the silence behind a first byte up to five seconds late.
        try exchange.set(CVAULT_CURLOPT_LOW_SPEED_LIMIT, 1)
        try exchange.set(CVAULT_CURLOPT_LOW_SPEED_TIME, max(1, Int(connection.timeLimit.components.seconds)))
        if let interruption = connection.interruption { try exchange.watch(interruption) }
        if request.base.endpoint.scheme == .http, !connection.acceptsForeignListener {
            try exchange.requireOwnListener()
        }
        try transport.configureTLS(exchange, connection)
        try transport.configureRoute(exchange, request.base.endpoint, proxy)
    }

    private static func requesting<Result: ~Copyable>(_ body: () throws(OAuthError) -> Result)
        throws(APIError) -> Result
    {
        do { return try body() } catch { throw .request(error) }
    }

    /// What the API says of its failure, from the members that such answers have.
    private static func words(_ reply: borrowing TransportReply, _ echo: SecretEcho) -> ServerWords? {
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
