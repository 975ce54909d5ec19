/// Why TLS didn't come about, by cause.
package enum TLSProblem: String, Equatable, Sendable, CaseIterable {
    case expired, notYetValid, unknownIssuer, selfSigned, nameMismatch, revoked, weakKey
    /// Another fault of the certificate.
    case invalidCertificate
    /// The server speaks nothing newer than TLS 1.1.
    case tooOld
    /// The server speaks no TLS on this port.
    case notTLS
    case handshakeFailed
}
