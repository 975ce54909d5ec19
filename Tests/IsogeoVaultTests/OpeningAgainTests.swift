import Foundation
import Testing
import VaultStore
import VaultTestSupport

@testable import IsogeoVault

/// A vault that is opened while another process gives it a new key.
@Suite struct OpeningAgainTests {
    let world: VaultFixture

    init() throws { world = try VaultFixture() }

    @Test func `a key file that gets its new key after it was read is read again`() async throws {
        _ = try await world.makeVault()
        let old = try world.folder.write(world.folder.read("key"), to: "old-key")
        try await world.rekey()
        for rereads in [true, false] {
            var looks = 0
            let error = await failure { () async throws(VaultError) in
                try UnlockedVault.open(world.path, now: 0, rereads: rereads) { (locked) throws(VaultError) in
                    looks += 1
                    return try Unlocking.keyFile(looks == 1 ? old : world.keyFile).open(locked, KeySources.standard)
                }
            }
            #expect(error?.code == (rereads ? nil : .locked) && looks == (rereads ? 2 : 1))
        }
        let wrong = await failure { () async throws(VaultError) in
            try await Vault.open(at: world.path, unlocking: .keyFile(old), dependencies: world.dependencies)
        }
        #expect(wrong?.code == .locked)
    }

    @Test(.onItsOwnThread) func `a vault that gets a new key after it was read is read again`() async throws {
        _ = try await world.makeVault()
        var looks = 0
        let vault = try UnlockedVault.open(world.path, now: 0) { (locked) throws(VaultError) in
            looks += 1
            if looks == 1 {
                let isDone = DispatchSemaphore(value: 0)
                Task.detached {
                    _ = try? await world.rekey()
                    isDone.signal()
                }
                isDone.wait()
            }
            return try Unlocking.keyFile(world.keyFile).open(locked, KeySources.standard)
        }
        #expect(try vault.read().header.record.keyEpoch == 2 && looks == 2)
    }
}
