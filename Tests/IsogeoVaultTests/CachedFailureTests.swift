import Foundation
import Testing
import VaultHTTP
import VaultOAuth
import VaultSystem
import VaultTestSupport

@testable import IsogeoVault

/// What is remembered of a failure, for how long, and who passes over it.
@Suite struct CachedFailureTests {
    let world: VaultFixture

    init() throws { world = try VaultFixture() }

    private var asked: Int { world.server.requests.count }

    private func code(_ vault: Vault, _ options: TokenOptions = TokenOptions()) async -> VaultError.Code? {
        await failure { () async throws(VaultError) in try await vault.token(for: nil, options) }?.code
    }

    @Test func `a refused credential is remembered for a minute, by every process`() async throws {
        let vault = try await world.makeVault()
        world.server.willAnswer(.status(401, #"{"error":"invalid_client"}"#))
        #expect(await code(vault) == .credentialRefused)
        world.clock.advance(by: 59)
        #expect(await code(vault) == .credentialRefused)
        let other = try await world.open()
        let error = await failure { () async throws(VaultError) in try await other.token() }
        #expect(error?.code == .credentialRefused && error?.sentence.contains("invalid_client") == true)
        #expect(asked == 1)
        world.clock.advance(by: 1)
        #expect(try await other.token().value == "token-2")
    }

    @Test func `a clock that was set back keeps nobody from asking`() async throws {
        let vault = try await world.makeVault()
        world.server.willAnswer(.status(401, ""))
        #expect(await code(vault) == .credentialRefused)
        world.clock.advance(by: -61)
        #expect(try await vault.token().value == "token-2")
    }

    @Test func `a refusal is of the credential, whatever is asked for, and another secret meets none`() async throws {
        let vault = try await world.makeVault()
        world.server.willAnswer(.status(401, ""))
        #expect(await code(vault) == .credentialRefused)
        #expect(await code(vault, TokenOptions(scope: "a")) == .credentialRefused && asked == 1)
        try await vault.add(world.application(secret: "another"), replacing: true)
        #expect(try await vault.token().value == "token-2")
    }

    @Test func `a token that ended isn't given out again by a clock that was set back`() async throws {
        let vault = try await world.makeVault()
        #expect(try await vault.token().value == "token-1")
        world.clock.advance(by: -7200)
        world.server.willAnswer(.status(503, ""), .status(503, ""), .status(503, ""))
        let other = try await world.open()
        #expect(await code(other) == .tryAgain)
    }

    @Test func `whoever refreshes passes over a refusal, and renews it`() async throws {
        let vault = try await world.makeVault()
        world.server.willAnswer(.status(401, ""), .status(401, ""))
        #expect(await code(vault) == .credentialRefused)
        world.clock.advance(by: 30)
        #expect(await code(vault, TokenOptions(refresh: true)) == .credentialRefused)
        world.clock.advance(by: 59)
        #expect(await code(vault) == .credentialRefused && asked == 2)
        #expect(try await vault.token(TokenOptions(refresh: true)).value == "token-3")
        #expect(try await vault.token().value == "token-3")
    }

    @Test func `a server that says when to come back is left in peace until then`() async throws {
        let vault = try await world.makeVault()
        world.server.willAnswer(.failure(.answer(.throttled(notBefore: world.clock.now + 600))))
        let error = await failure { () async throws(VaultError) in try await vault.token() }
        #expect(error?.code == .tryAgain && error?.sentence.contains("not before") == true)
        world.clock.advance(by: 599)
        #expect(await code(try await world.open()) == .tryAgain)
        #expect(asked == 1)
        world.clock.advance(by: 1)
        #expect(try await vault.token().value == "token-2")
    }

    @Test func `no server keeps us from asking for more than a day`() async throws {
        let vault = try await world.makeVault()
        world.server.willAnswer(.failure(.answer(.throttled(notBefore: world.clock.now + 1_000_000_000))))
        #expect(await code(vault) == .tryAgain)
        world.clock.advance(by: 86_399)
        #expect(await code(vault) == .tryAgain)
        world.clock.advance(by: 1)
        #expect(try await vault.token().value == "token-2")
    }

    @Test func `what may pass by itself is remembered by nobody who didn't wait`() async throws {
        let vault = try await world.makeVault()
        world.server.willAnswer(.failure(.tls(.expired)))
        #expect(await code(vault) == .unexpectedAnswer)
        #expect(try await vault.token().value == "token-2")
    }

    @Test func `what this computer lacks is no note for others`() async throws {
        let vault = try await world.makeVault()
        world.server.willAnswer(.failure(.configuration(.keyLogging)))
        #expect(await code(vault) == .configuration)
        #expect(try vault.contents.application(nil).tokens.isEmpty)
    }

    @Test func `a note is no finding and no change; that a credential was refused is an entry`() async throws {
        let vault = try await world.makeVault()
        world.server.willAnswer(.status(401, ""))
        let before = try await Vault.status(at: world.path)
        #expect(await code(vault) == .credentialRefused)
        #expect(try await vault.verify().findings.isEmpty)
        #expect(try await vault.auditTrail().entries.map(\.event.kind) == [.created, .imported, .credentialRefused])
        #expect(try await Vault.status(at: world.path).generation == before.generation)
        #expect(try await vault.application().tokensExpire.isEmpty)
    }

    @Test func `a token takes the note away, and time does too`() async throws {
        let vault = try await world.makeVault()
        world.server.willAnswer(.status(401, ""))
        #expect(await code(vault) == .credentialRefused)
        #expect(try vault.contents.application(nil).tokens.count == 1)
        let token = try await vault.token(TokenOptions(scope: "a", refresh: true))
        #expect(try vault.contents.application(nil).tokens.count == 1)
        #expect(try await vault.token(TokenOptions(scope: "a")).value == token.value)
        world.server.willAnswer(.status(503, ""), .status(503, ""), .status(503, ""))
        #expect(await code(vault) == .tryAgain)
        #expect(try vault.contents.application(nil).tokens.count == 2)
        world.clock.advance(by: 61)
        _ = try await vault.token(TokenOptions(scope: "a", refresh: true))
        #expect(try vault.contents.application(nil).tokens.count == 1)
    }

    @Test func `an edited note is none`() async throws {
        let vault = try await world.makeVault()
        world.server.willAnswer(.status(401, ""))
        #expect(await code(vault) == .credentialRefused)
        try await world.edit("update token set expires = expires + 1")
        #expect(try await vault.token().value == "token-2")
    }

    @Test func `a note is read back as it was written, and nothing else is`() throws {
        let note = CachedFailure(
            began: 1,
            ended: 2,
            notBefore: 62,
            .problem(.answer(.refused(status: 401, ServerError(code: "invalid_client", description: nil))))
        )
        #expect(try CachedFailure(encoded: note.encoded) == note)
        #expect(throws: (any Error).self) { try StoredToken(encoded: note.encoded) }
        let token = StoredToken(value: "abc", lifetime: TokenLifetime(asked: 1, expires: 2))
        #expect(throws: (any Error).self) { try CachedFailure(encoded: token.encoded) }
        for length in 0..<note.encoded.count {
            #expect(throws: (any Error).self) { try CachedFailure(encoded: Array(note.encoded.prefix(length))) }
        }
    }

    @Test(
        arguments: [
            .connection(.refused, CurlCause(code: 7, errno: .connectionRefused)),
            .connection(.unreachable(.connectionRefused), CurlCause(code: 7)), .connection(.unreachable(nil)),
            .connection(.other(code: 99)), .tls(.expired, CurlCause(code: 60, certificate: 10)),
            .proxy(ProxyProblem(proxy: "p:1 (https_proxy)", cause: .tls(.selfSigned))),
            .proxy(ProxyProblem(proxy: "p:1", cause: .answered(status: 503))),
            .proxy(ProxyProblem(proxy: "p:1", cause: .connection(.unreachable(.connectionRefused)))),
            .answer(.throttled(notBefore: 600)), .answer(.throttled(notBefore: nil)),
            .answer(.serverFault(status: 503, notBefore: 7, ServerError(code: nil, description: "late"))),
            .answer(.redirect(host: "b.example")), .answer(.empty(status: 200)), .answer(.tokenMissing),
            .answer(.notJSON(status: 200, StrictJSON.Failure(reason: .comment, line: 2, column: 3))),
            .answer(.transferEncoding), .answer(.tokenTooLong(limit: 7)), .answer(.tooLarge(limit: 5)),
        ] as [OAuthError]
    )
    func `what went wrong is kept as data, with its cause`(_ error: OAuthError) throws {
        let note = CachedFailure(began: 1, ended: 2, notBefore: 3, .problem(error))
        let read = try CachedFailure(encoded: note.encoded)
        #expect(read == note)
        guard case .problem(let problem) = read.content else { return #expect(Bool(false), "words were read") }
        #expect(VaultError(problem).problem.cause == VaultError(error).problem.cause)
        #expect(VaultError(problem).sentence == VaultError(error).sentence)
    }

    @Test func `what an older version wrote as words is still read`() throws {
        // encode("failure", 1, 1, 2, 62, "credential-refused", "S.", "R.")
        let hexadecimal =
            "070000006661696c75726508000000010000000000000008000000010000000000000008000000020000000000000008"
            + "0000003e000000000000001200000063726564656e7469616c2d7265667573656402000000532e02000000522e"
        let bytes = stride(from: 0, to: hexadecimal.count, by: 2).compactMap { at in
            UInt8(hexadecimal.dropFirst(at).prefix(2), radix: 16)
        }
        let note = try CachedFailure(encoded: bytes)
        #expect(
            note.content == .words(code: "credential-refused", sentence: "S.", remedy: "R.") && note.notBefore == 62
        )
        #expect(note.encoded == bytes)
    }
}
