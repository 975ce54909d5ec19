import Testing
import VaultHTTP
import VaultTestSupport

@testable import VaultOAuth

@Suite(.enabled(if: OpenSSL.path != nil, "the openssl program isn't installed"))
struct TLSTests {
    private enum Trust { case authority, another(String), system }

    private func ask(
        certificate: String = "server.pem",
        options: [String] = [],
        trust: Trust = .authority
    ) async throws -> Result<TokenGrant, OAuthError> {
        let authority = try await ThrowawayCA(isFaulty: certificate != "server.pem")
        let server = try await onThread { try TLSServer(authority, certificate: certificate, options: options) }
        let path: String? =
            switch trust {
            case .authority: authority.certificate
            case .another(let file): file
            case .system: nil
            }
        let result = try await VaultOAuthTests.ask(
            "https://localhost:\(server.port)/",
            connection: ConnectionSettings(caFile: try path.map { try CAFile.read($0) })
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
        #expect(try await ask(certificate: "other-name.pem") == .failure(.tls(.nameMismatch)))
        #expect(try await ask(certificate: "expired.pem") == .failure(.tls(.expired)))
        #expect(try await ask(certificate: "self-signed.pem") == .failure(.tls(.selfSigned)))
    }

    @Test func `another authority's file doesn't do`() async throws {
        let other = try await ThrowawayCA()
        let result = try await ask(trust: .another(other.certificate))
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
