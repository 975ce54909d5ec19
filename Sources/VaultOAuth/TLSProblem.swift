/// Why TLS didn't come about, by cause.
package enum TLSProblem: Equatable, Sendable, CaseIterable {
    case expired, notYetValid, unknownIssuer, selfSigned, nameMismatch, revoked, weakKey
    /// Another fault of the certificate.
    case invalidCertificate
    /// The server speaks nothing newer than TLS 1.1.
    case tooOld
    /// The server speaks no TLS on this port.
    case notTLS
    case handshakeFailed
}

extension TLSProblem: Explained {
    package var sentence: String {
        switch self {
        case .expired: "The server's certificate has expired."
        case .notYetValid: "The server's certificate isn't valid yet."
        case .unknownIssuer: "The server's certificate comes from an issuer that this computer doesn't know."
        case .selfSigned: "The server's certificate is signed by itself."
        case .nameMismatch: "The server's certificate is for another host."
        case .revoked: "The server's certificate was revoked."
        case .weakKey: "The server's certificate has a key or signature that is too weak."
        case .invalidCertificate: "The server's certificate isn't valid."
        case .tooOld: "The server speaks no TLS newer than 1.1."
        case .notTLS: "The server doesn't speak TLS on this port."
        case .handshakeFailed: "The server and this computer can't agree on TLS."
        }
    }

    package var remedy: String {
        switch self {
        case .expired, .notYetValid: "Check this computer's clock; if it is right, the server's owner must act."
        case .unknownIssuer, .selfSigned:
            "If your network or your own server uses a private authority, give its certificate with --ca-file."
        case .nameMismatch, .notTLS: "Check host and port in the token endpoint's address."
        default: "The server's owner must act."
        }
    }
}
