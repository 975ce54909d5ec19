internal import CVaultCurl
internal import Glibc

/// How a request of libcurl's failed, and what that means.
struct CurlOutcome {
    /// libcurl's code (libcurl-errors(3)).
    let code: UInt32
    /// libcurl's own words, which alone tell some causes apart; they go no further than here.
    let message: String
    let systemError: Int32
    /// OpenSSL's verdict on the certificate (X509_V_…).
    let verifyResult: Int
    /// The proxy's answer to CONNECT.
    let connectStatus: Int
    let isTooLarge: Bool

    var error: OAuthError {
        if isTooLarge { return .answer(.tooLarge(limit: CurlTransport.answerLimit)) }
        switch cvault_curl_code(rawValue: code) {
        case CVAULT_CURLE_COULDNT_RESOLVE_HOST: return .connection(.nameResolution)
        case CVAULT_CURLE_COULDNT_RESOLVE_PROXY: return .connection(.proxyNameResolution)
        case CVAULT_CURLE_COULDNT_CONNECT:
            return .connection(systemError == ECONNREFUSED ? .refused : .unreachable(errno: systemError))
        case CVAULT_CURLE_OPERATION_TIMEDOUT: return .connection(.timedOut)
        case CVAULT_CURLE_ABORTED_BY_CALLBACK: return .connection(.interrupted)
        case CVAULT_CURLE_PROXY: return .connection(.proxyRefused(status: connectStatus))
        case CVAULT_CURLE_WEIRD_SERVER_REPLY, CVAULT_CURLE_UNSUPPORTED_PROTOCOL: return .connection(.notHTTP)
        case CVAULT_CURLE_PARTIAL_FILE, CVAULT_CURLE_GOT_NOTHING, CVAULT_CURLE_SEND_ERROR, CVAULT_CURLE_RECV_ERROR:
            return broken
        case CVAULT_CURLE_SSL_CACERT_BADFILE: return .configuration(.caFileInvalid)
        case CVAULT_CURLE_PEER_FAILED_VERIFICATION: return .tls(certificateProblem)
        case CVAULT_CURLE_SSL_CONNECT_ERROR: return handshake
        default: return .connection(.other(code: Int(code)))
        }
    }

    private var broken: OAuthError {
        if connectStatus == 407 { return .answer(.proxyAuthentication) }
        if connectStatus >= 300 { return .connection(.proxyRefused(status: connectStatus)) }
        // TLS 1.3 tells of a failed handshake only when the answer is read.
        return message.contains("alert") ? .tls(.handshakeFailed) : .connection(.broken)
    }

    /// X509_STORE_CTX_get_error(3); libcurl compares the host's name itself, and leaves the 0 or 1 that was there before.
    private var certificateProblem: TLSProblem {
        switch verifyResult {
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

    private var handshake: OAuthError {
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
