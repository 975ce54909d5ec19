import IsogeoVault
import IsogeoVaultTesting
import Testing

/// A part of somebody's program, which needs a token and knows no vault.
private struct Exporter {
    let tokens: any TokenProviding

    func header() async throws -> String { try await tokens.token().authorization }
}

@Suite struct TokenProvidingTests {
    @Test func `a program takes a fake in a vault's place`() async throws {
        let fake = FakeTokenProvider(.token(.forTesting("abc")))
        #expect(try await Exporter(tokens: fake).header() == "Bearer abc")
        #expect(fake.calls == [FakeTokenProvider.Call()])
    }

    @Test func `a fake gives its answers in their order, and the last one for ever`() async throws {
        let fake = FakeTokenProvider(
            .failure(VaultError.forTesting(.tryAgain)),
            .token(.forTesting("first")),
            .token(.forTesting("second"))
        )
        #expect(await fails(.tryAgain) { try await fake.token() })
        #expect(try await fake.token(for: "exports").value == "first")
        #expect(try await fake.token().value == "second")
        #expect(try await fake.token(for: nil, TokenOptions(refresh: true)).value == "second")
        #expect(fake.calls.map(\.application) == [nil, "exports", nil, nil])
        #expect(fake.calls.map(\.options.refresh) == [false, false, false, true])
    }

    @Test func `an error of anybody's own passes through a fake`() async {
        struct Own: Error {}
        let fake = FakeTokenProvider(.failure(Own()))
        await #expect(throws: Own.self) { try await fake.token() }
    }

    @Test func `a token for tests looks like any other`() {
        let token = AccessToken.forTesting("abc", expiresIn: 60, application: "exports", source: .vault)
        #expect(token.value == "abc")
        #expect(token.remainingSeconds == 60)
        #expect(token.application == "exports")
        #expect(token.source == .vault)
        #expect(!"\(token)".contains("abc"))
        #expect(AccessToken.forTesting(expiresIn: -5).remainingSeconds == 0)
    }

    @Test func `a vault gives tokens as a provider, and its own errors`() async throws {
        let server = try LoopbackTokenServer(.token("abc"), .refusal)
        let temporary = try await TemporaryVault(tokenURI: server.url)
        let provider: any TokenProviding = temporary.vault
        #expect(try await provider.token().value == "abc")
        #expect(try await provider.token(for: "test").source == .vault)
        #expect(await fails(.noApplication) { try await provider.token(for: "another") })
        #expect(await fails(.credentialRefused) { try await provider.token(for: nil, TokenOptions(refresh: true)) })
    }

    @Test func `a vault's own tokens throw a VaultError and nothing else`() async throws {
        let server = try LoopbackTokenServer(.refusal)
        let temporary = try await TemporaryVault(tokenURI: server.url)
        do {
            _ = try await temporary.vault.token()
            Issue.record("a token was given")
        } catch {
            // It wouldn't compile if any error could come.
            let code: VaultError.Code = error.code
            #expect(code == .credentialRefused)
        }
    }
}
