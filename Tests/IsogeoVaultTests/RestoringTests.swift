import Foundation
import Testing
import VaultStore
import VaultTestSupport

@testable import IsogeoVault

/// Backups, and a vault that is restored while it is open.
@Suite struct RestoringTests {
    let world: VaultFixture

    init() throws { world = try VaultFixture() }

    private var backupPath: String { world.folder("backup.db") }

    private func openBackup() async throws -> Vault {
        try await Vault.open(at: backupPath, unlocking: .keyFile(world.keyFile), dependencies: world.dependencies)
    }

    private func names(_ vault: Vault) async throws -> [String] {
        try await vault.applications().map(\.name.description)
    }

    @Test func `who has the vault open goes on with what was restored`() async throws {
        let vault = try await world.makeVault()
        try await vault.backup(to: backupPath)
        try await vault.add(world.application("later"))
        _ = try await vault.token(for: .named("catalogue"))
        let generation = try vault.contents.read().header.record.generation
        let kept = try #require(try await openBackup().restore(to: world.path))
        #expect(try await names(vault) == ["catalogue"])
        #expect(try vault.contents.read().header.record.generation > generation)
        // Its tokens are gone with the state that they were of.
        #expect(try await vault.token().value == "token-2")
        try await vault.add(world.application("after"))
        #expect(try await names(world.open()) == ["after", "catalogue"])
        #expect(try await vault.verify().findings.isEmpty)
        #expect(try await vault.auditTrail().entries.map(\.event.kind).contains(.restored))
        let old = try await Vault.open(at: kept, unlocking: .keyFile(world.keyFile), dependencies: world.dependencies)
        #expect(try await names(old) == ["catalogue", "later"])
    }

    @Test func `a backup has no token`() async throws {
        let vault = try await world.makeVault()
        _ = try await vault.token()
        try await vault.backup(to: backupPath)
        #expect(try await vault.verify().tokens == 1)
        #expect(try await openBackup().verify().tokens == 0)
    }

    @Test func `restored and damaged, the vault in its place can be replaced`() async throws {
        let vault = try await world.makeVault()
        try await vault.backup(to: backupPath)
        vault.close()
        try await world.edit("update application set secret = zeroblob(length(secret))")
        #expect(try await world.open().verify().findings.contains(.unreadableApplications(1)))
        _ = try await openBackup().restore(to: world.path)
        #expect(try await world.open().verify().findings.isEmpty)
        #expect(try await world.open().token().value == "token-1")
    }

    @Test func `a backup of another vault isn't put into its place`() async throws {
        let vault = try await world.makeVault()
        let other = try VaultFixture()
        let foreign = try await other.makeVault()
        let error = await failure { () async throws(VaultError) in try await foreign.restore(to: world.path) }
        #expect(error?.code == .exists)
        #expect(try await names(vault) == ["catalogue"])
    }
}
