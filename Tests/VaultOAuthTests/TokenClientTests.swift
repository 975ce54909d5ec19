import Synchronization
import Testing
import VaultCrypto
import VaultHTTP
import VaultSystem

@testable import VaultOAuth

/// Answers as scripted, and notes what was sent.
private final class ScriptedTransport: TokenTransport {
    struct Answer {
        var status = 200
        var body = #"{"access_token":"t","expires_in":60}"#
        var retryAfter: String?
        var failure: OAuthError?
        var takes: Duration = .zero
    }

    struct Sent: Equatable {
        let header: String
        let lines: [String]
        let body: String
        let timeLimit: Duration
    }

    private let state: Mutex<(answers: [Answer], sent: [Sent])>
    private let clock: FakeClock

    init(_ answers: [Answer], _ clock: FakeClock) {
        state = Mutex((answers, []))
        self.clock = clock
    }

    var sent: [Sent] { state.withLock { $0.sent } }

    func send(_ request: borrowing TransportRequest, timeLimit: Duration) throws(OAuthError) -> HTTPReply {
        let sent = Sent(
            header: request.credentials.withHeader { plain($0) },
            lines: request.headerLines,
            body: String(decoding: request.body, as: UTF8.self),
            timeLimit: timeLimit
        )
        let answer = state.withLock { state in
            state.sent.append(sent)
            return state.answers.isEmpty ? Answer() : state.answers.removeFirst()
        }
        clock.advance(min(answer.takes, timeLimit))
        if let failure = answer.failure { throw failure }
        return HTTPReply(status: answer.status, body: guarded(answer.body), retryAfter: answer.retryAfter)
    }
}

/// A clock that goes on only when somebody sleeps or asks.
private final class FakeClock: Sendable {
    private let state = Mutex((elapsed: Duration.zero, slept: Duration.zero))

    var slept: Duration { state.withLock { $0.slept } }
    func advance(_ duration: Duration) { state.withLock { $0.elapsed += duration } }

    func dependencies(random: Double = 0) -> TokenClient.Dependencies {
        TokenClient.Dependencies(
            now: { 1_800_000_000 + self.state.withLock { $0.elapsed.components.seconds } },
            uptime: { .seconds(1000) + self.state.withLock { $0.elapsed } },
            sleep: { duration in
                self.state.withLock { state in
                    state.elapsed += duration
                    state.slept += duration
                }
            },
            random: { random }
        )
    }
}

@Suite struct TokenClientTests {
    private struct Run {
        let result: Result<TokenGrant, OAuthError>
        let sent: [ScriptedTransport.Sent]
        let slept: Duration
    }

    private func run(
        _ answers: [ScriptedTransport.Answer],
        random: Double = 0,
        connection: ConnectionSettings = ConnectionSettings()
    ) throws -> Run {
        let clock = FakeClock()
        let transport = ScriptedTransport(answers, clock)
        let client = TokenClient(transport: transport, dependencies: clock.dependencies(random: random))
        let request = try TokenRequest(endpoint: .isogeo)
        let result = Result { () throws(OAuthError) in
            try client.token(for: request, clientID: "a", secret: guarded("b"), connection: connection)
        }
        return Run(result: result, sent: transport.sent, slept: clock.slept)
    }

    @Test func `one good answer takes one request`() throws {
        let run = try run([])
        #expect(try run.result.get().accessToken == "t")
        #expect(run.slept == .zero)
        #expect(
            run.sent == [
                .init(
                    header: "Authorization: Basic YTpi",
                    lines: TokenRequest.headerLines,
                    body: "grant_type=client_credentials",
                    timeLimit: .seconds(30)
                )
            ]
        )
    }

    @Test(
        arguments: [
            .init(status: 408), .init(status: 429), .init(status: 500), .init(status: 502), .init(status: 503),
            .init(status: 504), .init(failure: .connection(.nameResolution)), .init(failure: .connection(.refused)),
            .init(failure: .connection(.broken)), .init(failure: .connection(.timedOut)),
            .init(failure: .connection(.unreachable(Errno(113)))),
        ] as [ScriptedTransport.Answer]
    )
    fileprivate func `what may pass by itself is tried three times`(_ answer: ScriptedTransport.Answer) throws {
        let recovered = try run([answer, answer])
        #expect(try recovered.result.get().accessToken == "t")
        #expect(recovered.sent.count == 3)
        let failed = try run([answer, answer, answer])
        #expect(throws: OAuthError.self) { try failed.result.get() }
        #expect(failed.sent.count == 3)
    }

    @Test(
        arguments: [
            .init(status: 400), .init(status: 401), .init(status: 403), .init(status: 404), .init(status: 407),
            .init(status: 422), .init(status: 302), .init(status: 501), .init(status: 200, body: "<html>"),
            .init(status: 400, body: #"{"error":"invalid_client"}"#), .init(failure: .tls(.expired)),
            .init(failure: .configuration(.keyLogging)), .init(failure: .connection(.interrupted)),
            .init(failure: .answer(.tooLarge(limit: 1))), .init(failure: .connection(.notHTTP)),
        ] as [ScriptedTransport.Answer]
    )
    fileprivate func `nothing else is tried again`(_ answer: ScriptedTransport.Answer) throws {
        let run = try run([answer])
        #expect(throws: OAuthError.self) { try run.result.get() }
        #expect(run.sent.count == 1)
        #expect(run.slept == .zero)
    }

    @Test func `pauses double and are stretched at random`() throws {
        #expect(try run([.init(status: 500), .init(status: 500)]).slept == .milliseconds(1500))
        #expect(try run([.init(status: 500), .init(status: 500)], random: 0.5).slept == .milliseconds(2250))
    }

    @Test func `Retry-After is waited for`() throws {
        let run = try run([
            .init(status: 429, retryAfter: "7"), .init(status: 503, retryAfter: "Fri, 15 Jan 2027 08:00:10 GMT"),
        ])
        #expect(try run.result.get().accessToken == "t")
        #expect(run.slept >= .seconds(10))
        #expect(run.slept < .seconds(12))
    }

    @Test func `a Retry-After beyond the thirty seconds fails at once, with the time`() throws {
        let run = try run([.init(status: 429, retryAfter: "60")])
        #expect(throws: OAuthError.answer(.throttled(notBefore: 1_800_000_060))) { try run.result.get() }
        #expect(run.sent.count == 1)
        #expect(run.slept == .zero)
    }

    @Test func `all tries together take thirty seconds at most`() throws {
        let slow = ScriptedTransport.Answer(failure: .connection(.timedOut), takes: .seconds(14))
        let run = try run([slow, slow, slow])
        #expect(throws: OAuthError.connection(.timedOut)) { try run.result.get() }
        #expect(run.sent.map(\.timeLimit) == [.seconds(30), .milliseconds(15500)])
    }

    @Test func `all tries together take no longer than the connection's own limit`() throws {
        let settings = ConnectionSettings(timeLimit: .seconds(4))
        let slow = ScriptedTransport.Answer(failure: .connection(.broken), takes: .seconds(1))
        let run = try run([slow, slow, slow], connection: settings)
        #expect(run.sent.map(\.timeLimit) == [.seconds(4), .milliseconds(2500)])
        let throttled = try self.run([.init(status: 429, retryAfter: "4")], connection: settings)
        #expect(throws: OAuthError.answer(.throttled(notBefore: 1_800_000_004))) { try throttled.result.get() }
        #expect(throttled.sent.count == 1)
        let patient = ConnectionSettings(timeLimit: .seconds(90))
        #expect(try self.run([.init(status: 429, retryAfter: "60")], connection: patient).sent.count == 2)
    }

    @Test func `a lifetime counts from when the answered request was sent`() throws {
        let run = try run([.init(status: 500, takes: .seconds(5)), .init(takes: .seconds(9))])
        #expect(try run.result.get().requestedAt == 1_800_000_005)
        #expect(try run.result.get().expiry == 1_800_000_065)
    }

    @Test func `an interruption ends the waiting`() throws {
        let interruption = Interruption()
        interruption.interrupt()
        let run = try run([.init(status: 500)], connection: ConnectionSettings(interruption: interruption))
        #expect(throws: OAuthError.connection(.interrupted)) { try run.result.get() }
        #expect(run.sent.count == 1)
    }

    @Test func `a pair that can't be sent is never sent`() throws {
        let clock = FakeClock()
        let transport = ScriptedTransport([], clock)
        let client = TokenClient(transport: transport, dependencies: clock.dependencies())
        let request = try TokenRequest(endpoint: .isogeo)
        #expect(throws: OAuthError.credentials(.colonInClientID)) {
            try client.token(for: request, clientID: "a:b", secret: guarded("c"))
        }
        #expect(transport.sent.isEmpty)
    }
}
