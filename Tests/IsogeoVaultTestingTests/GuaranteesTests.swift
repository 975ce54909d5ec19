import Glibc
import IsogeoVault
import IsogeoVaultTesting
import Testing
import VaultTestSupport

@Suite struct GuaranteesTests {
    @Test func `what libcurl frees is known after its first request`() async throws {
        let server = try LoopbackTokenServer()
        let temporary = try await TemporaryVault(tokenURI: server.url)
        _ = try await temporary.vault.token()
        // Whether it is wiped depends on who was first in this process; that it is known doesn't.
        #expect(Vault.guarantees.requestsAreWiped != nil)
    }

    @Test func `whether keys of TLS sessions are logged is seen in the environment`() {
        #expect(Vault.guarantees.keysAreLogged == (unsafe getenv("SSLKEYLOGFILE") != nil))
    }

    // What must not have happened before needs a process of its own.
    @Test func `to tell what holds, libcurl isn't opened`() async {
        await #expect(processExitsWith: .success) {
            #expect(Vault.guarantees.requestsAreWiped == nil)
        }
    }

    @Test(.unprivileged) func `a process that may lock no memory knows it`() async {
        await #expect(processExitsWith: .success) {
            var none = rlimit(rlim_cur: 0, rlim_max: 0)
            #expect(unsafe setrlimit(CInt(__RLIMIT_MEMLOCK.rawValue), &none) == 0)
            _ = try await TemporaryVault(tokenURI: "http://127.0.0.1:1/token")
            #expect(!Vault.guarantees.secretsAreLocked && !Vault.guarantees.secretsAreHidden)
        }
    }
}
