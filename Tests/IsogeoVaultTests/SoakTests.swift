import Foundation
import Synchronization
import Testing
import VaultCrypto
import VaultHTTP
import VaultOAuth
import VaultSystem
import VaultTestSupport

@testable import IsogeoVault

/// A process that lives, with tokens that don't, and a server that fails at random.
@Suite struct SoakTests {
    @Test func `no token is given that has ended, and no request made for nothing`() async throws {
        let world = try VaultFixture()
        let server = FlakyTransport(lifetime: 5)
        var dependencies = VaultDependencies.real
        dependencies.transport = server
        let vault = try await Vault.create(
            at: world.path,
            protectedBy: .keyFile(world.keyFile),
            importing: world.application(),
            dependencies: dependencies
        )
        _ = try? await vault.token()
        let duration: Duration = TestPaths.isLongRun ? .seconds(600) : .seconds(30)
        let began = ContinuousClock.now
        let end = began + duration
        // Behind two thirds of the time: until then other tests of this process come and go.
        async let memory = residentMemory(after: duration * 2 / 3)
        let given = try await withThrowingTaskGroup(of: (Int, Int).self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var (tokens, failures) = (0, 0)
                    while .now < end {
                        // What lived when it was asked for; it may end on its way, by a moment.
                        let asked = ContinuousClock.now
                        do throws(VaultError) {
                            let token = try await vault.token()
                            #expect(server.isAlive(token.value, at: asked), "the server knows it as ended")
                            tokens += 1
                        } catch {
                            #expect(error.code == .tryAgain, "\(error)")
                            failures += 1
                        }
                        try await Task.sleep(for: .milliseconds(Int64.random(in: 1...20)))
                    }
                    return (tokens, failures)
                }
            }
            return try await group.reduce((0, 0)) { ($0.0 + $1.0, $0.1 + $1.1) }
        }
        let elapsed = Double((ContinuousClock.now - began).components.seconds)
        // Requests come one behind the other, so that a slow machine is granted no more. Of the lives that were
        // granted, one behind the other, a tenth at most was for nothing; and the two at the ends.
        #expect(server.grantedSeconds <= elapsed * 1.1 + 10, "\(server.grantedSeconds) s granted in \(elapsed) s")
        #expect(given.0 > 0, "\(given)")
        #expect(server.failureCount > 0)
        // Of the whole test process: what leaks at each of some thousand calls is more.
        let before = try await memory
        if TestPaths.isLongRun { #expect(try residentMemory() - before < 32_768) }
    }

    private func residentMemory(after pause: Duration) async throws -> Int {
        try await Task.sleep(for: pause)
        return try residentMemory()
    }

    /// VmRSS (proc(5)), in KiB.
    private func residentMemory() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        return try #require(status.firstMatch(of: /VmRSS:\s+(\d+) kB/).flatMap { Int($0.1) })
    }
}

/// Grants short tokens, and fails the second time and every third, now in this way and now in that.
private final class FlakyTransport: TokenTransport {
    private struct State {
        var ends: [String: ContinuousClock.Instant] = [:]
        var (requests, failures) = (0, 0)
        var seconds = 0.0
    }

    private let lifetime: Int
    private let state = Mutex(State())

    init(lifetime: Int) { self.lifetime = lifetime }

    /// How long all that was granted lives, one token behind the other.
    ///
    /// By the vault's clock: it counts in whole seconds, from the beginning of that in which the request was sent.
    var grantedSeconds: Double { state.withLock { $0.seconds } }
    var failureCount: Int { state.withLock { $0.failures } }

    func isAlive(_ token: String, at time: ContinuousClock.Instant) -> Bool {
        state.withLock { state in state.ends[token].map { $0 > time } ?? false }
    }

    func send(_ request: borrowing TransportRequest, timeLimit: Duration) throws(OAuthError) -> HTTPReply {
        let sent = Date().timeIntervalSince1970
        usleep(UInt32.random(in: 500...20_000))
        let token = "token-\(UInt64.random(in: 0...(.max)))"
        let isSecond = state.withLock { state in
            state.requests += 1
            return state.requests == 2
        }
        switch isSecond ? 0 : Int.random(in: 0..<12) {
        case 0, 1: try fail(.connection(.unreachable(.connectionRefused)))
        case 2: return failed(503)
        case 3: return failed(429)
        default: break
        }
        // The server's count begins when it answers, after which the answer travels.
        state.withLock { state in
            state.ends[token] = .now + .seconds(lifetime)
            state.seconds += Double(lifetime) - sent.truncatingRemainder(dividingBy: 1)
        }
        usleep(UInt32.random(in: 500...20_000))
        let body = #"{"access_token":"\#(token)","token_type":"bearer","expires_in":\#(lifetime)}"#
        return HTTPReply(status: 200, body: SecretBytes(body))
    }

    private func fail(_ error: OAuthError) throws(OAuthError) {
        state.withLock { $0.failures += 1 }
        throw error
    }

    private func failed(_ status: Int) -> HTTPReply {
        state.withLock { $0.failures += 1 }
        return HTTPReply(status: status, body: SecretBytes(""))
    }
}
