import Foundation
import Synchronization
import VaultCrypto
import VaultHTTP
import VaultOAuth
import VaultTestSupport

/// A token server that does what a test says, and remembers what it was asked.
final class ScriptedTransport: TokenTransport {
    enum Answer: Sendable {
        /// `expiresIn` as JSON.
        case token(String, expiresIn: String = "3600")
        case status(Int, String)
        case failure(OAuthError)
    }

    /// A request as the server saw it.
    struct Request: Sendable, Equatable {
        let url: String
        /// What the Basic header says in clear: `id:secret`.
        let pair: String
        let body: String
    }

    private struct State {
        var requests: [Request] = []
        var timeLimits: [Duration] = []
        var script: [Answer] = []
        var isHeld = false
        var whileAsked: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())
    private let gate = NSCondition()

    /// What it was asked, in order.
    var requests: [Request] { state.withLock { $0.requests } }

    /// How long each request might take.
    var timeLimits: [Duration] { state.withLock { $0.timeLimits } }

    /// Answers that are given before it comes to numbered tokens.
    func willAnswer(_ answers: Answer...) { state.withLock { $0.script += answers } }

    /// Answers wait until `release`.
    func hold() { state.withLock { $0.isHeld = true } }
    func release() {
        gate.lock()
        state.withLock { $0.isHeld = false }
        gate.broadcast()
        gate.unlock()
    }

    /// Done while the next answer is waited for.
    func whileAsked(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.whileAsked = body } }

    func send(_ request: borrowing TransportRequest, timeLimit: Duration) throws(OAuthError) -> HTTPReply {
        let header = request.credentials.withHeader { bytes in bytes.indices.map { bytes[$0] } }
        let base64 = String(decoding: header, as: UTF8.self).split(separator: " ").last.map(String.init)
        let asked = Request(
            url: request.endpoint.canonicalText,
            pair: base64.flatMap { Data(base64Encoded: $0) }.map { String(decoding: $0, as: UTF8.self) } ?? "",
            body: String(decoding: request.body, as: UTF8.self)
        )
        let (answer, action) = state.withLock { state in
            state.requests.append(asked)
            state.timeLimits.append(timeLimit)
            let answer = state.script.isEmpty ? .token("token-\(state.requests.count)") : state.script.removeFirst()
            return (answer, state.whileAsked.take())
        }
        action?()
        gate.lock()
        let deadline = Date.now + 20
        while state.withLock({ $0.isHeld }), gate.wait(until: deadline) {}
        gate.unlock()
        switch answer {
        case .token(let token, let expiresIn):
            let body = #"{"access_token":"\#(token)","token_type":"bearer","expires_in":\#(expiresIn)}"#
            return HTTPReply(status: 200, body: SecretBytes(body))
        case .status(let status, let body): return HTTPReply(status: status, body: SecretBytes(body))
        case .failure(let error): throw error
        }
    }
}
