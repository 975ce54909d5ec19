internal import VaultCrypto
internal import VaultHTTP
internal import VaultOAuth

/// Sends a vault's token requests by a program's own HTTP client.
///
/// SECURITY.md lists this among the ways in which a secret leaves the vault: the transport borrows the finished
/// `Authorization` header, and the program is responsible for it from there. Without a transport the system's libcurl
/// sends the request, with the guarantees in SECURITY.md.
///
/// An implementation must obey these rules:
/// - it sends to exactly this URL, follows no redirect, and verifies certificates (with `caCertificates` if there are
///   any);
/// - it logs neither the header nor the answer's body, and keeps neither;
/// - it tries once: the vault itself retries, if that can't lock an account;
/// - it ends within `timeLimit`, and when its task is cancelled. The vault waits a second longer and gives up.
///
/// The vault calls it in a separate task on Swift's pool, while one of its threads waits: it must not block, and must
/// not request a token from the same vault.
public protocol TokenEndpointTransport: Sendable {
    /// Sends one request and returns the answer, whatever its status.
    ///
    /// - Parameter request: the request; its header is wiped some time after this returns.
    /// - Returns: the answer.
    /// - Throws: a `TokenEndpointFailure` if one fits. The vault keeps nothing of any other error, since its text could
    ///   hold the header, and doesn't retry.
    func send(_ request: borrowing TokenEndpointRequest) async throws -> TokenEndpointReply
}

/// A `POST` to a token endpoint, ready to be sent.
public struct TokenEndpointRequest: ~Copyable, Sendable {
    /// A header line.
    public struct Header: Sendable, Hashable {
        /// Its name, such as `Accept`.
        public let name: String
        /// Its value.
        public let value: String
    }

    /// The endpoint: https, or http to this computer.
    public let url: String
    /// The header lines without `Authorization`.
    public let headers: [Header]
    /// The body, form-encoded.
    public let body: [UInt8]
    /// The limit for the whole exchange.
    public let timeLimit: Duration
    /// Certificates (PEM) to trust instead of the system's: the bytes, since a file could be exchanged.
    public let caCertificates: [UInt8]?
    /// The application's proxy, for https if the environment names none: `http://host:port` or `https://…`.
    public let proxy: String?

    private let authorization: SecretBytes

    /// Calls `body` with the value of the header `Authorization`: `Basic`, a space, and id and secret in Base64.
    ///
    /// These bytes contain the secret. They lie in guarded memory; a caller that copies them must wipe the copies.
    public borrowing func withAuthorization<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try authorization.withBytes(body)
    }

    init(_ request: borrowing TransportRequest, timeLimit: Duration) {
        url = request.endpoint.canonicalText
        headers = request.headerLines.compactMap(Header.init(line:))
        body = request.body
        self.timeLimit = timeLimit
        caCertificates = request.connection.caFile?.certificates
        proxy = request.endpoint.scheme == .https ? request.connection.proxy?.text : nil
        let name = "Authorization: ".utf8.count
        authorization = request.credentials.withHeader { line in
            SecretBytes(copying: line.extracting(name..<line.count))
        }
    }
}

extension TokenEndpointRequest.Header {
    fileprivate init?(line: String) {
        guard let colon = line.firstRange(of: ": ") else { return nil }
        self.init(name: String(line[..<colon.lowerBound]), value: String(line[colon.upperBound...]))
    }
}

/// The answer of a token endpoint.
public struct TokenEndpointReply: Sendable {
    /// The HTTP status.
    public var status: Int
    /// The body; more than 1 MiB of it is refused.
    public var body: [UInt8]
    /// The value of `Retry-After` (RFC 9110 §10.2.3).
    public var retryAfter: String?
    /// The value of `Location`, so that an error can name the endpoint's new address.
    public var location: String?

    /// An answer, unchanged.
    public init(status: Int, body: [UInt8], retryAfter: String? = nil, location: String? = nil) {
        self.status = status
        self.body = body
        self.retryAfter = retryAfter
        self.location = location
    }
}

/// Why no answer came from a token endpoint.
public enum TokenEndpointFailure: Error, Hashable, CaseIterable {
    /// There was no connection, or it broke; the vault retries.
    case noConnection
    /// The request timed out; the vault retries while time is left.
    case timedOut
    /// The server's certificate can't be trusted.
    case untrustedServer
}
