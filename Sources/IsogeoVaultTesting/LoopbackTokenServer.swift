internal import Synchronization

/// A token endpoint on 127.0.0.1 that answers as a test has written down, and notes what it was asked.
///
/// It serves one connection after the other on a thread of its own, and stops at the end of the value's life.
public final class LoopbackTokenServer: Sendable {
    /// What one request is answered with.
    public enum Answer: Sendable {
        /// A bearer token (RFC 6749 §5.1); without `expires_in` where it is nil.
        case token(String, expiresIn: Int? = 3599)
        /// 401 and `invalid_client` (RFC 6749 §5.2).
        case refusal
        /// Any other answer.
        case http(status: Int, body: String, headers: [String] = [])
        /// None; the connection stays open until the client goes, or the server stops.
        case silence
        /// The end of the connection.
        case hangUp
    }

    /// A request as it came, without its `Authorization` header.
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
    ///   - application: whose requests it expects; others are answered too, and told apart by `isAuthorized`.
    ///   - answer: the first answer.
    ///   - others: the next answers; the last one is given for ever.
    /// - Throws: what the system says.
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

    /// Where tokens are requested.
    public var url: String { "http://127.0.0.1:\(listener.port)/oauth/token" }

    /// The requests so far, in their order.
    public var requests: [Request] { script.requests.withLock { $0 } }

    /// Stops listening; whoever asks from now on finds nobody.
    public func stop() { listener.stop() }
}

/// What a server answers, and what it was asked.
final class ServerScript: Sendable {
    private let authorization: String
    private let answers: [LoopbackTokenServer.Answer]
    let requests = Mutex<[LoopbackTokenServer.Request]>([])

    init(_ application: MadeUpApplication, _ answers: [LoopbackTokenServer.Answer]) {
        let pair = Array("\(application.clientID):\(application.clientSecret)".utf8)
        authorization = "Basic \(base64(pair))"
        self.answers = answers
    }

    /// Notes a request and gives its answer.
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
