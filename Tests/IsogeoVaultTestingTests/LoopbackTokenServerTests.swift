import IsogeoVault
import IsogeoVaultTesting
import Testing
import VaultTestSupport

@Suite struct LoopbackTokenServerTests {
    @Test func `it notes what was asked, and whether the header was right`() async throws {
        let application = MadeUpApplication(clientID: "some-client", clientSecret: #"a "quoted" \ secret €"#)
        let server = try LoopbackTokenServer(for: application)
        let temporary = try await TemporaryVault(application, tokenURI: server.url)
        #expect(
            try await temporary.vault.token(for: nil, TokenOptions(scope: "resources:read")).value == "made-up-token"
        )
        let request = try #require(server.requests.first)
        #expect(server.requests.count == 1)
        #expect(request.line == "POST /oauth/token HTTP/1.1")
        #expect(request.body == "grant_type=client_credentials&scope=resources%3Aread")
        #expect(request.isAuthorized)
    }

    @Test func `another secret is told apart`() async throws {
        let server = try LoopbackTokenServer(for: MadeUpApplication(clientSecret: "the right one"))
        let temporary = try await TemporaryVault(MadeUpApplication(clientSecret: "the wrong one"), tokenURI: server.url)
        _ = try await temporary.vault.token()
        #expect(server.requests.map(\.isAuthorized) == [false])
    }

    @Test func `its answers come in their order`() async throws {
        let server = try LoopbackTokenServer(
            .http(status: 400, body: #"{"error": "invalid_scope"}"#),
            .refusal,
            .token("short", expiresIn: 0),
            .token("last", expiresIn: nil)
        )
        let temporary = try await TemporaryVault(tokenURI: server.url)
        let vault = temporary.vault
        #expect(await fails(.unexpectedAnswer) { try await vault.token() })
        #expect(await fails(.credentialRefused) { try await vault.token() })
        // The refusal is remembered a minute by whoever doesn't insist.
        #expect(await fails(.credentialRefused) { try await vault.token() })
        #expect(try await vault.token(for: nil, TokenOptions(refresh: true)).value == "short")
        #expect(try await vault.token().value == "last")
        #expect(try await vault.token().source == .vault)
        #expect(server.requests.count == 4)
    }

    @Test func `headers of an answer arrive`() async throws {
        let answer = LoopbackTokenServer.Answer.http(
            status: 302,
            body: "",
            headers: ["Location: https://elsewhere.example/token"]
        )
        let server = try LoopbackTokenServer(answer)
        let temporary = try await TemporaryVault(tokenURI: server.url)
        do {
            _ = try await temporary.vault.token()
            Issue.record("a redirect gave a token")
        } catch {
            #expect(error.code == .unexpectedAnswer)
            #expect(error.sentence.contains("elsewhere.example"))
        }
    }

    @Test func `a connection that ends is tried again`() async throws {
        let server = try LoopbackTokenServer(.hangUp, .token("afterwards"))
        let temporary = try await TemporaryVault(tokenURI: server.url)
        #expect(try await temporary.vault.token().value == "afterwards")
        #expect(server.requests.count == 2)
    }

    @Test(.endsSometime) func `a server that stops lets go of whoever waits, and is gone`() async throws {
        let server = try LoopbackTokenServer(.silence)
        let temporary = try await TemporaryVault(tokenURI: server.url)
        async let waiting = fails(.tryAgain) { try await temporary.vault.token() }
        #expect(try await waitUntil { !server.requests.isEmpty })
        server.stop()
        #expect(await waiting)
        #expect(server.requests.count == 1)
        server.stop()
    }

    @Test func `what is no token request is passed over`() async throws {
        let server = try LoopbackTokenServer(.token("abc"))
        let port = try #require(server.url.split(separator: ":").last?.prefix { $0 != "/" })
        try sendAndClose(Array("no request at all\r\n".utf8), to: UInt16(port) ?? 0)
        let temporary = try await TemporaryVault(tokenURI: server.url)
        #expect(try await temporary.vault.token().value == "abc")
        #expect(server.requests.count == 1)
    }
}
