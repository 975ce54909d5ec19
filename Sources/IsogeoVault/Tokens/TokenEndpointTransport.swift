internal import VaultCrypto
internal import VaultOAuth

/// Sends a vault's token requests by an HTTP client of the program's own.
///
/// This is one of the doors through which a secret leaves the vault, which SECURITY.md names: the finished
/// `Authorization` header is lent to it, and what becomes of that is the program's business. Without one the system's libcurl sends the request, with the guarantees that
/// SECURITY.md speaks of.
///
/// What an implementation owes:
/// - it sends to exactly this URL, follows no redirect, and verifies certificates (by `caFile` where there is one);
/// - it logs neither the header nor the answer's body, and keeps neither;
/// - it tries once: the vault itself tries again where that can't lock an account;
/// - it ends within `timeLimit`, and when its task is cancelled. The vault waits a second longer and gives up.
///
/// It is called in a task of its own on Swift's pool, while a thread of the vault's waits: it must not block, and must
/// not ask the same vault for a token.
public protocol TokenEndpointTransport: Sendable {
    /// Sends one request and gives the answer, whatever its status.
    ///
    /// - Parameter request: what is sent; it ends, and its header is wiped, some time after this returns.
    /// - Returns: the answer.
    /// - Throws: a `TokenEndpointFailure` where one fits. Of any other error nothing is kept, since its words could hold
    ///   the header, and the request isn't tried again.
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

    /// Where it goes: https, or http to this computer.
    public let url: String
    /// The header lines beside `Authorization`.
    public let headers: [Header]
    /// The body, form-encoded.
    public let body: [UInt8]
    /// How long all of it may take.
    public let timeLimit: Duration
    /// Certificates (PEM) to trust instead of the system's.
    public let caFile: String?
    /// The application's own proxy, for https where the environment names none: `http://host:port` or `https://…`.
    public let proxy: String?

    private let authorization: SecretBytes

    /// Lends the value of the header `Authorization`: `Basic`, a space, and id and secret in Base64.
    ///
    /// Whoever holds these bytes holds the secret. They lie in guarded memory until this returns; copies are the
    /// caller's to wipe.
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
        caFile = request.connection.caFile
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

/// What came back from a token endpoint.
public struct TokenEndpointReply: Sendable {
    /// The HTTP status.
    public var status: Int
    /// The body; more than 1 MiB of it is refused.
    public var body: [UInt8]
    /// The value of `Retry-After` (RFC 9110 §10.2.3).
    public var retryAfter: String?
    /// The value of `Location`, so that an error can name where the endpoint has gone.
    public var location: String?

    /// An answer as it came.
    public init(status: Int, body: [UInt8], retryAfter: String? = nil, location: String? = nil) {
        self.status = status
        self.body = body
        self.retryAfter = retryAfter
        self.location = location
    }
}

/// Why no answer came from a token endpoint.
public enum TokenEndpointFailure: Error, Hashable, CaseIterable {
    /// There was no connection, or it broke; it is tried again.
    case noConnection
    /// The time was up; it is tried again where time is left.
    case timedOut
    /// The server's certificate can't be trusted.
    case untrustedServer
}
