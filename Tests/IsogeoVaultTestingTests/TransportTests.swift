import IsogeoVault
import IsogeoVaultTesting
import Synchronization
import Testing
import VaultTestSupport

/// What a transport of somebody's own was given, and what it gives back.
private final class OwnTransport: TokenEndpointTransport {
    struct Sent: Sendable {
        let url: String
        let headers: [TokenEndpointRequest.Header]
        let body: String
        let authorization: String
        let caCertificates: [UInt8]?
        let timeLimit: Duration
    }

    private let sent = Mutex<[Sent]>([])
    private let answer: @Sendable (Int) async throws -> TokenEndpointReply

    init(_ answer: @escaping @Sendable (Int) async throws -> TokenEndpointReply) { self.answer = answer }

    var requests: [Sent] { sent.withLock { $0 } }

    func send(_ request: borrowing TokenEndpointRequest) async throws -> TokenEndpointReply {
        let entry = Sent(
            url: request.url,
            headers: request.headers,
            body: String(decoding: request.body, as: UTF8.self),
            authorization: request.withAuthorization { bytes in
                String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
            },
            caCertificates: request.caCertificates,
            timeLimit: request.timeLimit
        )
        let number = sent.withLock { sent in
            sent.append(entry)
            return sent.count
        }
        return try await answer(number)
    }
}

private func reply(_ status: Int = 200, _ body: String) -> TokenEndpointReply {
    TokenEndpointReply(status: status, body: Array(body.utf8))
}

private let token = reply(200, #"{"access_token": "abc", "token_type": "bearer", "expires_in": 60}"#)

@Suite(.endsSometime) struct TransportTests {
    private func vault(_ transport: OwnTransport, _ log: RecordedLog? = nil) async throws -> TemporaryVault {
        try await TemporaryVault(
            MadeUpApplication(clientID: "Aladdin", clientSecret: "open sesame"),
            tokenURI: "https://id.example/oauth/token",
            transport: transport,
            logger: log?.logger
        )
    }

    @Test func `a program's own client sends the request, with the finished header`() async throws {
        let transport = OwnTransport { _ in token }
        let temporary = try await vault(transport)
        #expect(try await temporary.vault.token().value == "abc")
        #expect(try await temporary.vault.token().source == .vault)
        let sent = try #require(transport.requests.first)
        #expect(transport.requests.count == 1)
        #expect(sent.url == "https://id.example/oauth/token")
        // RFC 7617 §2.
        #expect(sent.authorization == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
        #expect(sent.body == "grant_type=client_credentials")
        #expect(sent.headers.map(\.name) == ["Content-Type", "Accept", "User-Agent"])
        #expect(sent.headers.first?.value == "application/x-www-form-urlencoded")
        #expect(sent.caCertificates == nil)
        #expect(sent.timeLimit > .zero && sent.timeLimit <= .seconds(30))
    }

    @Test func `it may suspend as it likes`() async throws {
        let transport = OwnTransport { _ in
            try await Task.sleep(for: .milliseconds(20))
            return token
        }
        let temporary = try await vault(transport)
        // More callers than the vault has threads.
        let values = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<20 { group.addTask { try await temporary.vault.token().value } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(values == Array(repeating: "abc", count: 20))
        #expect(transport.requests.count == 1)
    }

    @Test func `a connection that failed is tried again, as with libcurl`() async throws {
        let transport = OwnTransport { number in
            guard number == 2 else { throw TokenEndpointFailure.noConnection }
            return token
        }
        let temporary = try await vault(transport)
        #expect(try await temporary.vault.token().value == "abc")
        #expect(transport.requests.count == 2)
    }

    @Test(arguments: [
        (TokenEndpointFailure.noConnection, VaultError.Code.tryAgain), (.timedOut, .tryAgain),
        (.untrustedServer, .unexpectedAnswer),
    ])
    func `each failure has its code`(_ failure: TokenEndpointFailure, _ code: VaultError.Code) async throws {
        let temporary = try await vault(OwnTransport { _ in throw failure })
        #expect(await fails(code) { try await temporary.vault.token() })
    }

    @Test func `another error ends it at once, and its words go nowhere`() async throws {
        struct Talkative: Error, CustomStringConvertible {
            var description: String { "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==" }
        }
        let (transport, log) = (OwnTransport { _ in throw Talkative() }, RecordedLog())
        let temporary = try await vault(transport, log)
        do {
            _ = try await temporary.vault.token()
            Issue.record("a token was given")
        } catch {
            #expect(error.code == .unexpectedAnswer)
            #expect(!"\(error)".contains("QWxhZG"))
        }
        #expect(transport.requests.count == 1)
        #expect(!log.text.contains("QWxhZG"))
    }

    @Test func `a refusal is never tried again`() async throws {
        let transport = OwnTransport { _ in reply(401, #"{"error": "invalid_client"}"#) }
        let temporary = try await vault(transport)
        #expect(await fails(.credentialRefused) { try await temporary.vault.token() })
        #expect(transport.requests.count == 1)
    }

    @Test func `an answer beyond a mebibyte is refused`() async throws {
        let transport = OwnTransport { _ in
            TokenEndpointReply(status: 200, body: Array(repeating: 0x20, count: 1 << 20 + 1))
        }
        let temporary = try await vault(transport)
        #expect(await fails(.unexpectedAnswer) { try await temporary.vault.token() })
    }

    @Test func `where the server redirects to is told`() async throws {
        let transport = OwnTransport { _ in
            TokenEndpointReply(status: 307, body: [], location: "https://elsewhere.example/")
        }
        let temporary = try await vault(transport)
        do {
            _ = try await temporary.vault.token()
            Issue.record("a redirect gave a token")
        } catch {
            #expect(error.sentence.contains("elsewhere.example"))
        }
    }

    @Test func `a Retry-After beyond our patience fails at once`() async throws {
        let transport = OwnTransport { _ in TokenEndpointReply(status: 429, body: [], retryAfter: "3600") }
        let temporary = try await vault(transport)
        #expect(await fails(.tryAgain) { try await temporary.vault.token() })
        #expect(transport.requests.count == 1)
    }
}
