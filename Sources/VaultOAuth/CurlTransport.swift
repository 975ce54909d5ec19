internal import CVaultCurl
internal import VaultCrypto
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
    package static func checkLibrary() throws(OAuthError) { try CurlLibrary.ready() }

    package func prepare() { CurlLibrary.prepare() }

    package func send(_ request: borrowing TransportRequest, timeLimit: Duration) throws(OAuthError) -> TransportReply {
        do { return try perform(request, timeLimit) } catch { throw error.explainedByLimits() }
    }

    private func perform(_ request: borrowing TransportRequest, _ timeLimit: Duration) throws(OAuthError)
        -> TransportReply
    {
        guard !isSet("SSLKEYLOGFILE") else { throw .configuration(.keyLogging) }
        try CurlLibrary.ready()
        let exchange = try CurlEasyHandle(answerLimit: Self.answerLimit)
        let proxy = ResolvedProxy.choose(for: request.endpoint, own: request.connection.proxy, isSet: isSet)
        try configure(exchange, request, proxy, timeLimit)
        return try exchange.perform(request.credentials, on: route(to: request.endpoint, proxy, request.connection))
    }

    // MARK: - Settings

    private func configure(
        _ exchange: borrowing CurlEasyHandle,
        _ request: borrowing TransportRequest,
        _ proxy: ResolvedProxy,
        _ limit: Duration
    ) throws(OAuthError) {
        let endpoint = request.endpoint
        try exchange.set(CVAULT_CURLOPT_URL, endpoint.canonicalText)
        // Path and query are sent as they were checked.
        try exchange.set(CVAULT_CURLOPT_PATH_AS_IS, 1)
        try exchange.setRules(endpoint.scheme)
        // The smallest there is, and still of a size that our allocator puts into locked pages.
        try exchange.set(CVAULT_CURLOPT_UPLOAD_BUFFERSIZE, 16 * 1024)
        try exchange.setBody(request.body)
        for line in request.headerLines { try exchange.addLine(line) }
        // Or curl waits for "100 Continue" before it sends the body.
        try exchange.addLine("Expect:")

        try exchange.set(CVAULT_CURLOPT_CONNECTTIMEOUT_MS, request.connection.connectTimeLimit.wholeMilliseconds)
        try exchange.set(CVAULT_CURLOPT_TIMEOUT_MS, limit.wholeMilliseconds)
        if let interruption = request.connection.interruption { try exchange.watch(interruption) }

        if endpoint.scheme == .http, !request.connection.acceptsForeignListener { try exchange.requireOwnListener() }
        try configureTLS(exchange, request.connection)
        try configureRoute(exchange, endpoint, proxy)
    }

    /// What the failure of a request must know of its way.
    func route(to endpoint: TokenEndpoint, _ proxy: ResolvedProxy, _ connection: ConnectionSettings) -> CurlRoute {
        CurlRoute(
            host: endpoint.host,
            port: Int(endpoint.port),
            proxy: proxy.name,
            mayBypassProxy: isSet("no_proxy") || isSet("NO_PROXY"),
            caFile: connection.caFile?.path
        )
    }

    func configureTLS(_ exchange: borrowing CurlEasyHandle, _ connection: ConnectionSettings) throws(OAuthError) {
        try exchange.set(CVAULT_CURLOPT_SSLVERSION, Int(CVAULT_CURL_SSLVERSION_TLSv1_2.rawValue))
        try exchange.set(CVAULT_CURLOPT_SSL_VERIFYPEER, 1)
        try exchange.set(CVAULT_CURLOPT_SSL_VERIFYHOST, 2)
        guard let certificates = connection.caFile?.certificates else { return }
        // The bytes that were checked, and no path at which others could lie by now.
        try exchange.set(CVAULT_CURLOPT_CAINFO_BLOB, certificates)
        // In place of the system's certificates, not in addition to them.
        try exchange.set(CVAULT_CURLOPT_CAPATH, nil)
        // A proxy that is reached by https stands in the same private network.
        try exchange.set(CVAULT_CURLOPT_PROXY_CAINFO_BLOB, certificates)
        try exchange.set(CVAULT_CURLOPT_PROXY_CAPATH, nil)
    }

    func configureRoute(
        _ exchange: borrowing CurlEasyHandle,
        _ endpoint: TokenEndpoint,
        _ proxy: ResolvedProxy
    ) throws(OAuthError) {
        switch proxy {
        case .none:
            try exchange.set(CVAULT_CURLOPT_PROXY, "")
            try exchange.set(CVAULT_CURLOPT_NOPROXY, "*")
        case .environment: break
        case .application(let proxy): try exchange.set(CVAULT_CURLOPT_PROXY, proxy.text)
        }
        // The header lines are for the server, never for the proxy's CONNECT.
        try exchange.set(CVAULT_CURLOPT_HEADEROPT, Int(CVAULT_CURLHEADER_SEPARATE.rawValue))
        try exchange.set(CVAULT_CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        // Whatever /etc/hosts or a name server say.
        guard endpoint.host == "localhost" else { return }
        try exchange.resolve("localhost:\(endpoint.port):127.0.0.1,[::1]")
    }
}

extension Duration {
    /// At least one: to libcurl 0 means no limit.
    var wholeMilliseconds: Int {
        max(1, Int(components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000))
    }
}
