internal import CVaultCurl

extension CurlEasyHandle {
    /// What holds for every request: to this address by this scheme alone, no redirect, nothing of the user's own curl
    /// settings.
    ///
    /// - Parameters:
    ///   - url: it is sent as it stands.
    ///   - scheme: the address's.
    /// - Throws: `configuration` for a libcurl that lacks something.
    package borrowing func setAddress(_ url: String, _ scheme: URLScheme) throws(HTTPError) {
        try set(CVAULT_CURLOPT_URL, url)
        // Path and query are sent as they were checked.
        try set(CVAULT_CURLOPT_PATH_AS_IS, 1)
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

    /// Has the body sent by POST.
    package borrowing func setBody(_ body: [UInt8]) throws(HTTPError) {
        // The smallest there is, and still of a size that our allocator puts into locked pages.
        try set(CVAULT_CURLOPT_UPLOAD_BUFFERSIZE, 16 * 1024)
        try check(unsafe cvault_exchange_set_body(exchange, body, body.count), CVAULT_CURLOPT_COPYPOSTFIELDS)
        // Or curl waits for "100 Continue" before it sends the body.
        try addLine("Expect:")
    }

    package borrowing func addLine(_ line: String) throws(HTTPError) {
        try check(unsafe cvault_exchange_add_line(exchange, line), CVAULT_CURLOPT_HTTPHEADER)
    }

    /// Ends the request after so long.
    package borrowing func setTimeLimit(_ limit: Duration) throws(HTTPError) {
        try set(CVAULT_CURLOPT_TIMEOUT_MS, limit.wholeMilliseconds)
    }

    /// Ends the request where nothing comes for so long.
    ///
    /// libcurl's speed is an average, so that it notices the silence behind a first byte up to five seconds late.
    package borrowing func setSilenceLimit(_ limit: Duration) throws(HTTPError) {
        try set(CVAULT_CURLOPT_LOW_SPEED_LIMIT, 1)
        try set(CVAULT_CURLOPT_LOW_SPEED_TIME, max(1, Int(limit.components.seconds)))
    }

    // MARK: - The way

    /// Sets how the server is reached.
    ///
    /// - Parameters:
    ///   - server: host and port.
    ///   - settings: certificates, proxy, the limit of the connection, and what interrupts it, which must live as long.
    ///   - isSet: whether an environment variable has a value: a proxy of the environment comes first.
    /// - Returns: what a failure must know of the way.
    /// - Throws: `configuration` for a libcurl that lacks something.
    package borrowing func reach(
        _ server: Server,
        _ settings: ConnectionSettings,
        isSet: (String) -> Bool
    ) throws(HTTPError) -> CurlRoute {
        try set(CVAULT_CURLOPT_CONNECTTIMEOUT_MS, settings.connectTimeLimit.wholeMilliseconds)
        if let interruption = settings.interruption {
            try check(unsafe cvault_exchange_watch(exchange, interruption.flag), CVAULT_CURLOPT_XFERINFODATA)
        }
        if server.scheme == .http, !settings.acceptsForeignListener { try requireOwnListener() }
        try setTLS(settings.caFile)
        let proxy = ResolvedProxy.choose(for: server.scheme, own: settings.proxy, isSet: isSet)
        switch proxy {
        case .none:
            try set(CVAULT_CURLOPT_PROXY, "")
            try set(CVAULT_CURLOPT_NOPROXY, "*")
        case .environment: break
        case .application(let proxy): try set(CVAULT_CURLOPT_PROXY, proxy.text)
        }
        // The header lines are for the server, never for the proxy's CONNECT.
        try set(CVAULT_CURLOPT_HEADEROPT, Int(CVAULT_CURLHEADER_SEPARATE.rawValue))
        try set(CVAULT_CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        if server.host == "localhost" {
            // Whatever /etc/hosts or a name server say.
            let addresses = "localhost:\(server.port):127.0.0.1,[::1]"
            try check(unsafe cvault_exchange_pin_address(exchange, addresses), CVAULT_CURLOPT_RESOLVE)
        }
        return CurlRoute(
            host: server.host,
            port: Int(server.port),
            proxy: proxy.name,
            mayBypassProxy: isSet("no_proxy") || isSet("NO_PROXY"),
            caFile: settings.caFile?.path
        )
    }

    private borrowing func setTLS(_ caFile: CAFile?) throws(HTTPError) {
        try set(CVAULT_CURLOPT_SSLVERSION, Int(CVAULT_CURL_SSLVERSION_TLSv1_2.rawValue))
        try set(CVAULT_CURLOPT_SSL_VERIFYPEER, 1)
        try set(CVAULT_CURLOPT_SSL_VERIFYHOST, 2)
        guard let certificates = caFile?.certificates else { return }
        // The bytes that were checked, and no path at which others could lie by now.
        try set(CVAULT_CURLOPT_CAINFO_BLOB, certificates)
        // In place of the system's certificates, not in addition to them.
        try set(CVAULT_CURLOPT_CAPATH, nil)
        // A proxy that is reached by https stands in the same private network.
        try set(CVAULT_CURLOPT_PROXY_CAINFO_BLOB, certificates)
        try set(CVAULT_CURLOPT_PROXY_CAPATH, nil)
    }

    /// Has nothing sent to a program of another user that listens on this computer.
    private borrowing func requireOwnListener() throws(HTTPError) {
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
}

/// Who is spoken to, and how.
package struct Server: Sendable {
    package let scheme: URLScheme
    /// In lower case, IPv6 in brackets.
    package let host: String
    package let port: UInt16

    package init(_ scheme: URLScheme, host: String, port: UInt16) {
        self.scheme = scheme
        self.host = host
        self.port = port
    }
}

extension Duration {
    /// At least one: to libcurl 0 means no limit.
    fileprivate var wholeMilliseconds: Int {
        max(1, Int(components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000))
    }
}
