import Foundation
import IsogeoVault
import IsogeoVaultTesting
import Testing

@Suite struct TemporaryVaultTests {
    private let nowhere = "http://127.0.0.1:1/token"

    @Test func `it is a real vault, which others can open while it lives`() async throws {
        let temporary = try await TemporaryVault(
            MadeUpApplication(name: "one"),
            MadeUpApplication(name: "two"),
            tokenURI: nowhere
        )
        let again = try await Vault.open(at: temporary.path, unlocking: temporary.unlocking)
        #expect(try await again.applications().map(\.name) == ["one", "two"])
        #expect(try await again.verify().findings.isEmpty)
    }

    @Test func `its folder holds nothing in clear, and goes with it`() async throws {
        var temporary: TemporaryVault? = try await TemporaryVault(tokenURI: nowhere)
        let path = try #require(temporary?.path)
        let folder = String(path.dropLast("/vault.db".count))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).allSatisfy { $0.hasPrefix("vault.") })
        temporary = nil
        #expect(!exists(path))
        #expect(!exists(folder))
    }

    @Test func `its vault is closed with it`() async throws {
        let vault = try await TemporaryVault(tokenURI: nowhere).vault
        #expect(await fails(.locked) { try await vault.applications() })
    }

    @Test func `another application can be added, and rotated to`() async throws {
        let application = MadeUpApplication(name: "later", clientSecret: "another made-up secret")
        let server = try LoopbackTokenServer(for: application)
        let temporary = try await TemporaryVault(tokenURI: nowhere)
        try await temporary.vault.add(try temporary.newApplication(application, tokenURI: server.url))
        try await temporary.vault.rotate("later", to: try temporary.newApplication(application, tokenURI: server.url))
        #expect(server.requests.map(\.isAuthorized) == [true])
        #expect(try await temporary.vault.applications().map(\.name) == ["later", "test"])
    }

    @Test func `what no vault takes is refused`() async {
        #expect(
            await fails(.inputNotAcceptable) {
                try await TemporaryVault(MadeUpApplication(clientID: ""), tokenURI: nowhere)
            }
        )
        #expect(await fails(.inputNotAcceptable) { try await TemporaryVault(tokenURI: "http://example.com/token") })
    }

    @Test func `a literal that is no name ends the test`() async {
        await #expect(processExitsWith: .failure) { _ = "" as ApplicationName }
    }
}
