package import VaultSystem

/// What libcurl said of a failed request, as numbers.
package struct CurlCause: Equatable, Sendable {
    /// libcurl's code (libcurl-errors(3)).
    package var code: Int?
    /// OpenSSL's verdict on the certificate (X509_V_…), where that was what failed.
    package var certificate: Int?
    package var errno: Errno?

    package init(code: Int? = nil, certificate: Int? = nil, errno: Errno? = nil) {
        self.code = code
        self.certificate = certificate
        self.errno = errno
    }

    /// Nothing was said, as by a transport that isn't libcurl.
    package static let none = CurlCause()

    /// All are equal: a cause explains a problem, and doesn't make another one of it.
    package static func == (one: CurlCause, other: CurlCause) -> Bool { true }
}
