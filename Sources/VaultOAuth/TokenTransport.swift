package import VaultHTTP

/// Sends one request and waits for its answer; nothing else on this floor uses the network.
///
/// It blocks: never on Swift's own threads.
package protocol TokenTransport: Sendable {
    /// Sends and waits.
    ///
    /// - Parameters:
    ///   - request: what is sent, with its header in guarded memory.
    ///   - timeLimit: how long all of it may take.
    /// - Returns: the answer, whatever its status.
    /// - Throws: why no answer came.
    func send(_ request: borrowing TransportRequest, timeLimit: Duration) throws(OAuthError) -> HTTPReply

    /// Makes ready what a request needs, on another thread: one will come soon.
    func prepare()
}

extension TokenTransport {
    package func prepare() {}
}

/// One request, ready to be sent, and sent again.
package struct TransportRequest: ~Copyable, Sendable {
    package let endpoint: TokenEndpoint
    /// The header `Authorization`.
    package let credentials: BasicCredentials
    /// The other header lines, without line ends.
    package let headerLines: [String]
    package let body: [UInt8]
    package let connection: ConnectionSettings

    package init(_ request: TokenRequest, credentials: consuming BasicCredentials, connection: ConnectionSettings) {
        endpoint = request.endpoint
        headerLines = TokenRequest.headerLines
        body = request.body
        self.credentials = credentials
        self.connection = connection
    }
}
