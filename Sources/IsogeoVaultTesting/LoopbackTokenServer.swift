internal import Synchronization

/// A token endpoint on 127.0.0.1 that returns a test's answers, and records the requests.
///
/// It serves one connection after the other on a thread of its own, and stops when the value is deinitialized.
public final class LoopbackTokenServer: Sendable {
    /// The answer to one request.
    public enum Answer: Sendable {
        /// A bearer token (RFC 6749 §5.1); without `expires_in` where it is nil.
        case token(String, expiresIn: Int? = 3599)
        /// 401 and `invalid_client` (RFC 6749 §5.2).
        case refusal
        /// Any other answer.
        case http(status: Int, body: String, headers: [String] = [])
        /// None; the connection stays open until the client closes it, or the server stops.
        case silence
        /// The connection is closed without an answer.
        case hangUp
    }

    /// A request, without its `Authorization` header.
    public struct Request: Sendable, Hashable {
        /// Such as `POST /oauth/token HTTP/1.1`.
        public let line: String
        /// The form-encoded body.
        public let body: String
        /// Whether its `Authorization` header was the application's, encoded raw.
        public let isAuthorized: Bool
    }

    private let script: ServerScript
    private let listener: LoopbackListener

    /// Starts a server on a free port.
    ///
    /// - Parameters:
    ///   - application: the application whose requests have `isAuthorized`; the server answers all requests.
    ///   - answer: the first answer.
    ///   - others: the next answers; the last one is repeated.
    /// - Throws: the system call that failed.
    public init(
        for application: MadeUpApplication = MadeUpApplication(),
        _ answer: Answer = .token("made-up-token"),
        _ others: Answer...
    ) throws(TestingError) {
        script = ServerScript(application, [answer] + others)
        listener = try LoopbackListener()
        try listener.serve(script)
    }

    deinit { listener.stop() }

    /// The address of the token endpoint.
    public var url: String { "http://127.0.0.1:\(listener.port)/oauth/token" }

    /// The requests so far, in order.
    public var requests: [Request] { script.requests.withLock { $0 } }

    /// Stops listening; later connections are refused.
    public func stop() { listener.stop() }
}

/// The answers of a server, and the requests that it got.
final class ServerScript: Sendable {
    private let authorization: String
    private let answers: [LoopbackTokenServer.Answer]
    let requests = Mutex<[LoopbackTokenServer.Request]>([])

    init(_ application: MadeUpApplication, _ answers: [LoopbackTokenServer.Answer]) {
        let pair = Array("\(application.clientID):\(application.clientSecret)".utf8)
        authorization = "Basic \(base64(pair))"
        self.answers = answers
    }

    /// Records a request and returns its answer.
    func answer(_ request: HTTPRequest) -> LoopbackTokenServer.Answer {
        let request = LoopbackTokenServer.Request(
            line: request.line,
            body: request.body,
            isAuthorized: request.values(of: "authorization") == [authorization]
        )
        let number = requests.withLock { requests in
            requests.append(request)
            return requests.count - 1
        }
        return answers[min(number, answers.count - 1)]
    }
}

extension LoopbackTokenServer.Answer {
    /// The bytes to send; nil for none, and an open connection.
    var bytes: [UInt8]? {
        switch self {
        case .token(let token, let seconds):
            let lifetime = seconds.map { #", "expires_in": \#($0)"# } ?? ""
            return Self.http(200, #"{"access_token": \#(quoted(token)), "token_type": "bearer"\#(lifetime)}"#, [])
        case .refusal:
            return Self.http(401, #"{"error": "invalid_client"}"#, [#"WWW-Authenticate: Basic realm="test""#])
        case .http(let status, let body, let headers): return Self.http(status, body, headers)
        case .silence: return nil
        case .hangUp: return []
        }
    }

    private static func http(_ status: Int, _ body: String, _ headers: [String]) -> [UInt8] {
        let lines =
            ["HTTP/1.1 \(status) Made-Up", "Content-Type: application/json", "Connection: close"]
            + ["Content-Length: \(body.utf8.count)"] + headers
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
    }
}
