internal import CVaultCurl
internal import VaultSystem

/// Where a request was to go, as far as its failure must tell.
package struct CurlRoute: Equatable {
    /// The server's host, IPv6 in brackets, and port.
    let host: String
    let port: Int
    /// The proxy that libcurl was told of, for people.
    var proxy: String?
    /// Whether `no_proxy` may except the host, which libcurl decides and doesn't tell.
    var mayBypassProxy = false
    var caFile: String?
}

/// How a request of libcurl's failed, and what that means.
struct CurlOutcome {
    let route: CurlRoute
    /// libcurl's code (libcurl-errors(3)).
    let code: UInt32
    /// libcurl's own words, which alone tell some causes apart; they go no further than here.
    let message: String
    let systemError: Int32
    /// OpenSSL's verdict on the certificate (X509_V_…).
    let verifyResult: Int
    /// The same on the certificate of a proxy.
    let proxyVerifyResult: Int
    /// The proxy's answer to CONNECT.
    let connectStatus: Int
    /// The port that libcurl is or was connected to, be it a proxy's; 0 where it never was.
    let connectedPort: Int
    /// How long the body might have been, where it was longer.
    let bodyLimit: Int?
    let headersAreTooLarge: Bool
    /// The connection was closed amid the headers, and libcurl has no code for that.
    var headersBrokeOff = false
    /// Whose program listens there, where that isn't ours or root's: `ListenerOwner`.
    var peerVerdict = ListenerOwner.trusted

    var error: HTTPError {
        guard let proxy = route.proxy, isProxyFailure, let cause = proxyCause else {
            return endpointError.because(cause(verifyResult))
        }
        return .proxy(ProxyProblem(proxy: proxy, cause: cause)).because(self.cause(proxyVerifyResult))
    }

    private func cause(_ verdict: Int) -> CurlCause {
        let isCertificate = cvault_curl_code(rawValue: code) == CVAULT_CURLE_PEER_FAILED_VERIFICATION
        return CurlCause(
            code: Int(code),
            certificate: isCertificate && verdict != 0 ? verdict : nil,
            errno: systemError == 0 ? nil : Errno(systemError)
        )
    }

    // MARK: - The proxy's failures

    /// Whether it was before the proxy had opened the way to the endpoint.
    private var isProxyFailure: Bool {
        if cvault_curl_code(rawValue: code) == CVAULT_CURLE_COULDNT_RESOLVE_PROXY { return true }
        if connectStatus != 0 { return connectStatus >= 300 }
        // "Failed to connect to HOST port PORT after …": of the proxy where there is one.
        if message.hasPrefix("Failed to connect to ") {
            let host = route.host.filter { $0 != "[" && $0 != "]" }
            return !message.hasPrefix("Failed to connect to \(host) port \(route.port) ")
        }
        if connectedPort != 0, connectedPort != route.port { return true }
        return !route.mayBypassProxy
    }

    private var proxyCause: ProxyProblem.Cause? {
        if connectStatus == 407 { return .authentication }
        if connectStatus >= 300 { return .answered(status: connectStatus) }
        switch cvault_curl_code(rawValue: code) {
        case CVAULT_CURLE_COULDNT_RESOLVE_PROXY: return .connection(.nameResolution)
        case CVAULT_CURLE_PROXY: return .noWay
        case CVAULT_CURLE_PEER_FAILED_VERIFICATION: return .tls(Self.certificateProblem(proxyVerifyResult))
        default: break
        }
        switch endpointError {
        // These are the caller's, the program's and libcurl's own.
        case .connection(.interrupted, _), .connection(.foreignTransport, _), .connection(.other, _): return nil
        case .connection(let problem, _): return .connection(problem)
        case .tls(let problem, _): return .tls(problem)
        default: return nil
        }
    }

    // MARK: - The endpoint's

    private var endpointError: HTTPError {
        if peerVerdict != ListenerOwner.trusted {
            return .configuration(.foreignListener(port: route.port, owner: ListenerOwner.user(of: peerVerdict)))
        }
        if let bodyLimit { return .bodyTooLarge(limit: bodyLimit) }
        if headersAreTooLarge { return .headersTooLarge(limit: CurlEasyHandle.headerLimit) }
        if headersBrokeOff { return .connection(.broken) }
        switch cvault_curl_code(rawValue: code) {
        case CVAULT_CURLE_COULDNT_RESOLVE_HOST: return .connection(.nameResolution)
        case CVAULT_CURLE_COULDNT_CONNECT:
            let errno = systemError == 0 ? nil : Errno(systemError)
            return .connection(errno == .connectionRefused ? .refused : .unreachable(errno))
        case CVAULT_CURLE_OPERATION_TIMEDOUT:
            return .connection(message.hasPrefix("Resolving timed out") ? .nameResolution : .timedOut)
        case CVAULT_CURLE_ABORTED_BY_CALLBACK: return .connection(.interrupted)
        case CVAULT_CURLE_WEIRD_SERVER_REPLY, CVAULT_CURLE_UNSUPPORTED_PROTOCOL: return .connection(.notHTTP)
        case CVAULT_CURLE_PARTIAL_FILE, CVAULT_CURLE_GOT_NOTHING, CVAULT_CURLE_SEND_ERROR, CVAULT_CURLE_RECV_ERROR:
            return broken
        case CVAULT_CURLE_BAD_CONTENT_ENCODING: return .transferEncoding
        case CVAULT_CURLE_SSL_CACERT_BADFILE: return .configuration(.caFileInvalid(path: route.caFile ?? ""))
        case CVAULT_CURLE_PEER_FAILED_VERIFICATION: return .tls(Self.certificateProblem(verifyResult))
        case CVAULT_CURLE_SSL_CONNECT_ERROR: return handshake
        default: return .connection(.other(code: Int(code)))
        }
    }

    private var broken: HTTPError {
        // TLS 1.3 tells of a failed handshake only when the answer is read.
        message.contains("alert") ? .tls(.handshakeFailed) : .connection(.broken)
    }

    /// X509_STORE_CTX_get_error(3); libcurl compares the host's name itself, and leaves the 0 or 1 that was there
    /// before.
    private static func certificateProblem(_ verdict: Int) -> TLSProblem {
        switch verdict {
        case 0, 1, 62, 63, 64: .nameMismatch
        case 9: .notYetValid
        case 10: .expired
        case 2, 19, 20, 21, 27: .unknownIssuer
        case 18: .selfSigned
        case 23: .revoked
        case 66, 67, 68: .weakKey
        default: .invalidCertificate
        }
    }

    private var handshake: HTTPError {
        let message = message.lowercased()
        if message.contains("unsupported protocol") || message.contains("protocol version") { return .tls(.tooOld) }
        if ["wrong version number", "packet length too long", "http request"].contains(where: message.contains) {
            return .tls(.notTLS)
        }
        if message.contains("ssl_error_syscall") || message.contains("connection reset")
            || message.contains("unexpected eof")
        {
            return .connection(.broken)
        }
        return .tls(.handshakeFailed)
    }
}
