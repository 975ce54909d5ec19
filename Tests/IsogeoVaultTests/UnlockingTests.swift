import Foundation
import Synchronization
import Testing
import VaultCrypto
import VaultTestSupport

@testable import IsogeoVault

/// Ways in, and who is asked when none is named.
@Suite struct UnlockingTests {
    let world: VaultFixture

    init() throws { world = try VaultFixture() }

    private static let variables = [
        "ISOGEO_VAULT_KEY_FILE", "ISOGEO_VAULT_PASSPHRASE_FILE", "ISOGEO_VAULT_PASSPHRASE", "CREDENTIALS_DIRECTORY",
    ]
    private static let isPlainEnvironment = variables.allSatisfy { ProcessInfo.processInfo.environment[$0] == nil }

    private func saying(_ text: String) -> UserInteraction.Asking {
        { (output: inout OutputSpan<UInt8>) throws(VaultError) in for byte in text.utf8 { output.append(byte) } }
    }

    @Test func `a vault with a passphrase opens by each way to give it`() async throws {
        let file = try world.folder.write("correct horse\n", to: "passphrase")
        let made = try await Vault.create(
            at: world.path,
            protectedBy: .passphrase(asking: saying("correct horse")),
            importing: world.application(),
            dependencies: world.dependencies
        )
        #expect(try await made.token().value == "token-1")
        let (reading, writing) = try Descriptor.pipe()
        try #require(unsafe write(writing.number, "correct horse\n", 14) == 14)
        withExtendedLifetime(consume writing) {}
        let ways: [Unlocking] = [
            .passphraseFile(file), .passphraseCommand("cat '\(file)'"), .passphraseDescriptor(reading.number),
        ]
        for way in ways {
            #expect(way.isNamed)
            #expect(try await world.open(way).token().source == .vault)
        }
    }

    @Test func `a vault is protected by the way that is named`() async throws {
        let file = try world.folder.write([UInt8](repeating: 5, count: 32), to: "key")
        _ = try await Vault.create(
            at: world.path,
            protectedBy: .by(.keyFile(file)),
            importing: world.application(),
            dependencies: world.dependencies
        )
        #expect(try await world.open().applications().count == 1)
    }

    @Test(.enabled(if: isPlainEnvironment, "the environment names a way"))
    func `where nothing is named, whoever can be asked is asked, and nobody else`() async throws {
        _ = try await Vault.create(
            at: world.path,
            protectedBy: .passphrase(asking: saying("correct horse")),
            importing: world.application(),
            dependencies: world.dependencies
        )
        #expect(!Unlocking.environment.isNamed)
        #expect(try await world.open(.environment(orAsking: saying("correct horse"))).applications().count == 1)
        let locked = await failure { () async throws(VaultError) in
            try await Vault.open(at: world.path, unlocking: .environment, dependencies: world.dependencies)
        }
        #expect(locked?.code == .locked && locked?.remedy.contains("ISOGEO_VAULT_KEY_FILE") == true)
        let wrong = await failure { () async throws(VaultError) in
            try await Vault.open(
                at: world.path,
                unlocking: .environment(orAsking: saying("wrong")),
                dependencies: world.dependencies
            )
        }
        #expect(wrong?.code == .locked && wrong?.sentence == "The passphrase doesn't open this vault.")
    }

    @Test func `an empty answer protects nothing, and whoever gives up is heard`() {
        #expect(throws: VaultError.forTesting(.locked)) { _ = try Protection.passphrase(asking: saying("")) }
        #expect(throws: VaultError.forTesting(.usage)) {
            _ = try Protection.passphrase { (_: inout OutputSpan<UInt8>) throws(VaultError) in
                throw VaultError.forTesting(.usage)
            }
        }
    }
}
