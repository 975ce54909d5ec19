import Testing

@testable import VaultOAuth

@Suite(.enabled(if: OpenSSL.path != nil, "the openssl program isn't installed"))
struct TLSTests {
    private enum Trust { case authority, another(String), system }

    private func ask(
        name: String = "DNS:localhost",
        days: Int = 2,
        options: [String] = [],
        trust: Trust = .authority
    ) async throws -> Result<TokenGrant, OAuthError> {
        let authority = try await onThread { try Authority(name: name, days: days) }
        defer { authority.remove() }
        let server = try await onThread { try TLSServer(authority, options: options) }
        let caFile: String? =
            switch trust {
            case .authority: authority.file
            case .another(let file): file
            case .system: nil
            }
        let result = try await VaultOAuthTests.ask(
            "https://localhost:\(server.port)/",
            connection: ConnectionSettings(caFile: caFile)
        )
        try await onThread { server.stop() }
        return result
    }

    @Test func `a certificate of the given authority is good`() async throws {
        let grant = try await ask().get()
        #expect(grant.accessToken == "over-tls")
        #expect(grant.lifetime == 5)
    }

    @Test func `TLS 1.2 will do, and 1.1 will not`() async throws {
        #expect(try await ask(options: ["-tls1_2"]).get().accessToken == "over-tls")
        #expect(try await ask(options: ["-tls1_1", "-cipher", "ALL@SECLEVEL=0"]) == .failure(.tls(.tooOld)))
    }

    @Test func `each fault of a certificate is told apart`() async throws {
        #expect(try await ask(trust: .system) == .failure(.tls(.unknownIssuer)))
        let other = try await ask(name: "DNS:other.example")
        #expect(other == .failure(.tls(.nameMismatch)))
        #expect(try await ask(days: -1) == .failure(.tls(.expired)))
    }

    @Test func `another authority's file doesn't do`() async throws {
        let other = try await onThread { try Authority(name: "DNS:localhost", days: 2) }
        defer { other.remove() }
        let result = try await ask(trust: .another(other.file))
        #expect(result == .failure(.tls(.unknownIssuer)))
    }

    @Test func `a server without TLS is named`() async throws {
        let server = try ScriptedServer(.http("400 Bad Request", ""))
        defer { server.stop() }
        let result = try await VaultOAuthTests.ask("https://127.0.0.1:\(server.port)/")
        #expect(result == .failure(.tls(.notTLS)))
        #expect(server.requests.allSatisfy { !$0.contains("Authorization") })
    }
}
