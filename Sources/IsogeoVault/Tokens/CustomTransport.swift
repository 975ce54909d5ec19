internal import Dispatch
internal import Synchronization
internal import VaultCrypto
internal import VaultHTTP
internal import VaultOAuth
internal import VaultSystem

/// Sends requests by a program's own transport, and waits for it on a blocking thread.
///
/// The transport runs on Swift's pool. The waiting thread isn't part of that pool, so it can't block the transport; the
/// wait is bounded all the same.
struct CustomTransport: TokenTransport {
    let transport: any TokenEndpointTransport

    /// A transport may exceed its limit by this, so that its own error comes first.
    private static let grace = Duration.seconds(1)

    func send(_ request: borrowing TransportRequest, timeLimit: Duration) throws(OAuthError) -> HTTPReply {
        let exchange = CustomExchange(TokenEndpointRequest(request, timeLimit: timeLimit))
        let task = Task { [transport] in await exchange.perform(transport) }
        guard let outcome = exchange.wait(timeLimit + Self.grace) else {
            task.cancel()
            throw .connection(.timedOut)
        }
        switch outcome {
        case .success(let reply): return try HTTPReply(reply)
        case .failure(let error): throw OAuthError(foreign: error)
        }
    }
}

/// A request in flight: an object, because an escaping closure can't capture a noncopyable value.
private final class CustomExchange: Sendable {
    typealias Outcome = Result<TokenEndpointReply, any Error>

    private let request: TokenEndpointRequest
    private let outcome = Mutex<Outcome?>(nil)
    private let isDone = DispatchSemaphore(value: 0)

    init(_ request: consuming TokenEndpointRequest) { self.request = request }

    func perform(_ transport: any TokenEndpointTransport) async {
        let result: Outcome
        do { result = .success(try await transport.send(request)) } catch { result = .failure(error) }
        outcome.withLock { $0 = result }
        isDone.signal()
    }

    func wait(_ limit: Duration) -> Outcome? {
        let milliseconds = limit.components.seconds * 1000 + limit.components.attoseconds / 1_000_000_000_000_000
        guard isDone.wait(timeout: .now() + .milliseconds(Int(milliseconds))) == .success else { return nil }
        return outcome.withLock { $0 }
    }
}

extension HTTPReply {
    fileprivate init(_ reply: TokenEndpointReply) throws(OAuthError) {
        guard reply.body.count <= CurlTransport.answerLimit else {
            throw .answer(.tooLarge(limit: CurlTransport.answerLimit))
        }
        self.init(
            status: reply.status,
            body: SecretBytes(copying: reply.body.span),
            retryAfter: reply.retryAfter,
            location: reply.location
        )
    }
}

extension OAuthError {
    fileprivate init(foreign error: any Error) {
        self =
            switch error as? TokenEndpointFailure {
            case .noConnection: .connection(.unreachable(nil))
            case .timedOut: .connection(.timedOut)
            case .untrustedServer: .tls(.invalidCertificate)
            case nil: .connection(.foreignTransport)
            }
    }
}
