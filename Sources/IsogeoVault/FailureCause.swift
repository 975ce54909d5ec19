internal import VaultOAuth
package import VaultSystem

/// The numbers that the system and the libraries gave for a failure.
package struct FailureCause: Hashable, Sendable, Encodable {
    /// errno(3).
    package var errno: Int32?
    /// SQLite's result code.
    package var sqlite: Int32?
    /// libcurl-errors(3).
    package var curl: Int?
    /// OpenSSL's verdict on a certificate, X509_STORE_CTX_get_error(3).
    package var certificate: Int?

    /// Nil where there is no number.
    package init?(errno: Errno? = nil, sqlite: Int32? = nil, curl: Int? = nil, certificate: Int? = nil) {
        guard errno != nil || sqlite != nil || curl != nil || certificate != nil else { return nil }
        self.errno = errno?.code
        self.sqlite = sqlite
        self.curl = curl
        self.certificate = certificate
    }
}

extension FailureCause: CustomStringConvertible {
    /// For logs, such as `curl 60, certificate 10`.
    package var description: String {
        [
            errno.map { "errno \($0)" }, sqlite.map { "sqlite \($0)" }, curl.map { "curl \($0)" },
            certificate.map { "certificate \($0)" },
        ]
        .compactMap(\.self).joined(separator: ", ")
    }
}
