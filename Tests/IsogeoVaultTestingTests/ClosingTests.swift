import IsogeoVaultTesting
import Synchronization
import Testing
import VaultTestSupport

@testable import IsogeoVault

@Suite(.endsSometime) struct ClosingTests {
    @Test func `a closed vault refuses everything, and says so`() async throws {
        let server = try LoopbackTokenServer()
        let temporary = try await TemporaryVault(tokenURI: server.url)
        let vault = temporary.vault
        _ = try await vault.token()
        vault.close()
        let folder = try TemporaryDirectory()
        let calls: [@Sendable () async throws -> Void] = [
            { _ = try await vault.token() }, { _ = try await vault.applications() },
            { _ = try await vault.application() }, { try await vault.remove("test") },
            { try await vault.rename("test", to: "other") }, { try await vault.setDefault("test") },
            { try await vault.forget(nil) }, { _ = try await vault.keys() }, { try await vault.removeKey("key-file") },
            { _ = try await vault.verify() }, { _ = try await vault.auditTrail() },
            { try await vault.backup(to: folder("backup.db")) },
            { _ = try await vault.addKey(.keyFile(folder("key"))) },
            {
                try await vault.add(try temporary.newApplication(MadeUpApplication(name: "more"), tokenURI: server.url))
            },
            {
                try await vault.rotate(
                    "test",
                    to: try temporary.newApplication(MadeUpApplication(), tokenURI: server.url)
                )
            },
        ]
        for call in calls { #expect(await fails(.locked) { try await call() }) }
        #expect(server.requests.count == 1)
        #expect(vault.path == temporary.path)
        #expect(!exists(folder("backup.db")))
    }

    @Test func `nothing holds the key of a closed vault`() async throws {
        let temporary = try await TemporaryVault(tokenURI: "http://127.0.0.1:1/token")
        weak let contents = try temporary.vault.contents
        #expect(contents != nil)
        temporary.vault.close()
        // SecretBytes wipes what it holds when it ends, which VaultCrypto's own tests prove.
        #expect(contents == nil)
    }

    @Test func `a vault can be opened anew after it was closed`() async throws {
        let server = try LoopbackTokenServer()
        let temporary = try await TemporaryVault(tokenURI: server.url)
        temporary.vault.close()
        let again = try await Vault.open(at: temporary.path, unlocking: temporary.unlocking)
        #expect(try await again.token().value == "made-up-token")
    }

    @Test func `what is under way comes to its end`() async throws {
        let gate = Gate()
        let temporary = try await TemporaryVault(tokenURI: "https://id.example/token", transport: gate)
        async let token = temporary.vault.token()
        #expect(try await waitUntil { gate.wasReached })
        temporary.vault.close()
        gate.open()
        #expect(try await token.value == "abc")
    }
}

/// A transport that answers when it is told to.
private final class Gate: TokenEndpointTransport {
    private let state = Mutex((reached: false, isOpen: false))

    var wasReached: Bool { state.withLock { $0.reached } }

    func open() { state.withLock { $0.isOpen = true } }

    func send(_ request: borrowing TokenEndpointRequest) async throws -> TokenEndpointReply {
        state.withLock { $0.reached = true }
        while !state.withLock({ $0.isOpen }) { try await Task.sleep(for: .milliseconds(5)) }
        return TokenEndpointReply(status: 200, body: Array(#"{"access_token": "abc"}"#.utf8))
    }
}
