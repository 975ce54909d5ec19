internal import CVaultCurl

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
    func send(_ request: borrowing TransportRequest, timeLimit: Duration) throws(OAuthError) -> TransportReply

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

/// How the endpoint is reached.
package struct ConnectionSettings: Sendable {
    /// How long a connection may take to come about.
    package var connectTimeLimit: Duration
    /// How long a whole request may take, with its further tries and the pauses between.
    package var timeLimit: Duration
    /// Certificates that take the place of the system's.
    package var caFile: CAFile?
    /// The application's own proxy, for https where the environment names none.
    package var proxy: ProxyAddress?
    /// Lets another thread end the request.
    package var interruption: Interruption?
    /// Whether the secret may go over plain http to a program of another user on this computer.
    package var acceptsForeignListener = false

    package init(
        connectTimeLimit: Duration = .seconds(10),
        timeLimit: Duration = TokenClient.timeLimit,
        caFile: CAFile? = nil,
        proxy: ProxyAddress? = nil,
        interruption: Interruption? = nil
    ) {
        self.connectTimeLimit = connectTimeLimit
        self.timeLimit = timeLimit
        self.caFile = caFile
        self.proxy = proxy
        self.interruption = interruption
    }
}

/// Lets another thread end a request, about a second later.
@safe
// @unchecked: the pointer never changes, and what it points to is read and written atomically, by C.
package final class Interruption: @unchecked Sendable {
    let flag: UnsafeMutablePointer<CInt>

    package init() {
        unsafe flag = .allocate(capacity: 1)
        unsafe flag.initialize(to: 0)
    }

    deinit { unsafe flag.deallocate() }

    package func interrupt() { unsafe cvault_flag_raise(flag) }

    package var isInterrupted: Bool { unsafe cvault_flag_is_raised(flag) != 0 }
}
