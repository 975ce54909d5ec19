import Foundation
import Testing
import VaultCrypto
import VaultTestSupport

@testable import VaultKeys

/// Keys of sessions in the real kernel's keyring.
@Suite(.needsKernelKeyring, .onItsOwnThread) struct KernelSessionTests {
    private let vault = VaultIdentity(format: 1, id: Sodium.randomBytes(16))
    private var id: String { vault.id.map { String(format: "%02x", $0) }.joined() }

    private func keep(_ name: SessionName, seconds: UInt32 = 1800) throws -> SecretBytes {
        let key = SessionKey.random()
        try key.give(toKernelAs: name, seconds: seconds)
        return key.sealing.bytes.withBytes { SecretBytes(copying: $0) }
    }

    private func isKept(_ name: SessionName, as bytes: borrowing SecretBytes) throws -> Bool {
        guard let key = try SessionKey.kept(byKernelAs: name) else { return false }
        return key.sealing.bytes.matches(bytes)
    }

    private func isKept(_ name: SessionName) throws -> Bool {
        switch try SessionKey.kept(byKernelAs: name) {
        case .some: true
        case .none: false
        }
    }

    @Test func `a key is kept by name, with a time-out, until it is revoked`() throws {
        let (one, other) = (
            SessionName(Sodium.randomBytes(16), of: vault), SessionName(Sodium.randomBytes(16), of: vault)
        )
        #expect(try !isKept(one))
        let first = try keep(one)
        let second = try keep(other)
        let isFirst = try isKept(one, as: first)
        let isSecond = try isKept(other, as: second)
        let isMixedUp = try isKept(one, as: second)
        #expect(isFirst && isSecond && !isMixedUp)
        let rests = try KernelKeys.ofVault(id).map(\.rest)
        #expect(rests.count == 2 && rests.allSatisfy { $0.wholeMatch(of: #/\d+[sm]/#) != nil }, "\(rests)")
        try KernelSession.revoke(one)
        #expect(try !isKept(one))
        #expect(try isKept(other))
        #expect(try KernelSession.revokeAll(of: vault) == 1)
        #expect(try KernelSession.revokeAll(of: vault) == 0)
        #expect(try KernelKeys.ofVault(id) == [])
    }

    @Test func `the keys of other vaults stay`() throws {
        let other = VaultIdentity(format: 1, id: Sodium.randomBytes(16))
        let name = SessionName(Sodium.randomBytes(16), of: other)
        _ = try keep(name)
        defer { _ = try? KernelSession.revokeAll(of: other) }
        #expect(try KernelSession.revokeAll(of: vault) == 0)
        #expect(try isKept(name))
    }

    @Test func `a key goes by itself when its time has come`() async throws {
        let name = SessionName(Sodium.randomBytes(16), of: vault)
        _ = try keep(name, seconds: 1)
        let deadline = ContinuousClock.now + Patience.end
        while try isKept(name), .now < deadline { try await Task.sleep(for: .milliseconds(50)) }
        #expect(try !isKept(name))
    }

    @Test func `what another thread gave is found`() async throws {
        let name = SessionName(Sodium.randomBytes(16), of: vault)
        let thread = Thread { [self] in _ = try? keep(name) }
        thread.start()
        let deadline = ContinuousClock.now + Patience.end
        while try !isKept(name), .now < deadline { try await Task.sleep(for: .milliseconds(5)) }
        #expect(try isKept(name))
        #expect(try KernelSession.revokeAll(of: vault) == 1)
    }

    @Test func `the name holds ids alone`() {
        let name = SessionName([UInt8](repeating: 0xAB, count: 16), of: VaultIdentity(format: 1, id: Array(0..<16)))
        #expect(
            name.description
                == "isogeo-vault:000102030405060708090a0b0c0d0e0f:abababababababababababababababab"
        )
    }

    @Test func `a probe leaves nothing`() throws {
        try KernelSession.probe()
        #expect(try KernelKeys.called("isogeo-vault:probe") == [])
    }
}
