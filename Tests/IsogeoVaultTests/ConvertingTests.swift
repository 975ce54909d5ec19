import Foundation
import Testing
import VaultCrypto
import VaultStore
import VaultTestSupport

@testable import IsogeoVault

/// A vault of format 1 is read as it is, and converted by its first change.
@Suite(.onItsOwnThread) struct ConvertingTests {
    let world: VaultFixture

    init() throws {
        world = try VaultFixture()
        try LoggedVault.write(in: world)
    }

    private func story(_ vault: Vault) async throws -> [String] {
        try await vault.auditTrail().entries.map { entry in
            [entry.event.kind.rawValue, entry.event.subject, entry.event.detail].filter { !$0.isEmpty }
                .joined(separator: " ")
        }
    }

    private var format: Int { get async throws { try await Vault.status(at: world.path).format } }

    @Test func `what only reads leaves it as it is`() async throws {
        let before = try world.folder.read("vault.db")
        let vault = try await world.open()
        #expect(try await vault.token().value == "golden-token-1")
        #expect(try await vault.applications().count == 2)
        #expect(try await vault.application(.named("maps")).tokensExpire.count == 1)
        #expect(try await story(vault) == LoggedVault.events)
        #expect(try await vault.verify().findings.isEmpty)
        vault.close()
        #expect(try world.folder.read("vault.db") == before)
        #expect(world.warnings.isEmpty && world.server.requests.isEmpty)
    }

    @Test func `its first change converts all of it, in one transaction, and says so`() async throws {
        let vault = try await world.open()
        let generation = try vault.contents.read().header.record.generation
        try await vault.rename(.named("maps"), to: .named("globe"))
        #expect(try await format == 2)
        #expect(world.warnings.count == 1 && world.warnings[0].contains("has format 2 now"))
        #expect(try await story(vault) == LoggedVault.events + ["converted format 2", "renamed globe maps"])
        #expect(try await vault.verify().findings.isEmpty)
        #expect(try vault.contents.read().header.record.generation == generation + 1)
        // Tokens stay, and so does the default application.
        let again = try await world.open()
        #expect(try await again.token().value == "golden-token-1")
        #expect(try await again.token(for: .named("globe")).value == "golden-token-4")
        #expect(world.server.requests.isEmpty && world.warnings.count == 1)
        _ = try await again.token(for: .named("globe"), TokenOptions(refresh: true))
        #expect(world.server.requests.last?.pair == "other-client:other secret, format 1")
        #expect(try await again.verify().findings.isEmpty)
    }

    @Test func `a request for a token converts it, too, and is counted`() async throws {
        let vault = try await world.open()
        #expect(try await vault.token(TokenOptions(refresh: true)).value == "token-1")
        #expect(try await format == 2)
        #expect(try await story(vault) == LoggedVault.events + ["converted format 2", "token catalogue"])
        #expect(try await world.open().token().value == "token-1")
    }

    @Test func `a program that had it open goes on`() async throws {
        let (one, other) = (try await world.open(), try await world.open())
        try await one.add(world.application("new"))
        #expect(try await other.applications().count == 3)
        #expect(try await other.token().value == "golden-token-1")
        try await other.remove(.named("new"))
        #expect(try await other.verify().findings.isEmpty)
        #expect(try await story(one).filter { $0.hasPrefix("converted") }.count == 1)
    }

    @Test func `many who read and request while it is converted all get what they want`() async throws {
        let vaults = [try await world.open(), try await world.open(), try await world.open(), try await world.open()]
        try await withThrowingTaskGroup { group in
            for (number, vault) in vaults.enumerated() {
                group.addTask {
                    for _ in 0..<4 {
                        _ = try await vault.application(.named("catalogue"))
                        _ = try await vault.token(for: .named("maps"), TokenOptions(refresh: number == 0))
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await format == 2)
        #expect(try await world.open().verify().findings.isEmpty)
    }

    @Test func `a credential that was refused isn't sent again because of it`() async throws {
        world.server.willAnswer(.status(401, ""))
        let vault = try await world.open()
        let name = try ApplicationName.named("maps")
        for _ in 0..<2 {
            let error = await failure { () async throws(VaultError) in
                _ = try await vault.token(for: name, TokenOptions(scope: "other"))
            }
            #expect(error?.code == .credentialRefused)
        }
        #expect(world.server.requests.count == 1)
    }

    @Test func `its key slots outlive it`() async throws {
        // Slots are bound to their own version and not to the file's.
        let before = try await Vault.status(at: world.path).slots.map(\.id)
        try await world.open().setDefault(nil)
        #expect(try await Vault.status(at: world.path).slots.map(\.id) == before)
        #expect(try await world.open().applications().count == 2)
    }

    @Test func `a vault with a row that isn't its own is read no further, and not converted`() async throws {
        try await world.edit("update application set secret = zeroblob(length(secret))")
        let vault = try await world.open()
        let changed = await failure { () async throws(VaultError) in try await vault.setDefault(nil) }
        #expect(changed?.code == .damaged)
        #expect(try await format == 1)
    }

    @Test func `a new key converts it, and so does restoring a backup of it`() async throws {
        let backup = world.folder("backup.db")
        do {
            let vault = try await world.open()
            try await vault.backup(to: backup)
            #expect(try await Vault.status(at: backup).format == 1)
        }
        let before = try Data(contentsOf: URL(filePath: backup))
        try await world.rekey(dropping: ["eb9e2068"])
        #expect(try await format == 2)
        #expect(try await world.open().verify().findings.isEmpty)
        try FileManager.default.removeItem(atPath: world.path)
        try FileManager.default.removeItem(atPath: world.keyFile)
        try LoggedVault.writeKey(to: world)
        let opened = try await Vault.open(
            at: backup,
            unlocking: .keyFile(world.keyFile),
            dependencies: world.dependencies
        )
        #expect(try await opened.restore(to: world.path) == nil)
        #expect(try await format == 2)
        let restored = try await world.open()
        #expect(try await story(restored) == LoggedVault.events + ["restored"])
        #expect(try await restored.verify().findings.isEmpty)
        // The backup itself stays what it is.
        #expect(try Data(contentsOf: URL(filePath: backup)) == before)
        // In the place of a vault of format 1, too.
        try LoggedVault.write(in: world)
        #expect(try await opened.restore(to: world.path) != nil)
        #expect(try await format == 2)
        #expect(try await world.open().verify().findings.isEmpty)
    }

    @Test func `its mark is of format 2 then, and refuses the file of format 1`() async throws {
        func open() async throws(VaultError) -> Vault {
            try await Vault.open(
                at: world.path,
                unlocking: .keyFile(world.keyFile),
                dependencies: world.remembering
            )
        }
        let vault = try await open()
        #expect(try await vault.token(TokenOptions(refresh: true)).value == "token-1")
        vault.close()
        try await open().close()
        #expect(world.warnings.count == 1)
        try LoggedVault.write(in: world)
        let refused = await failure { () async throws(VaultError) in try await open() }
        #expect(refused?.code == .rolledBack && refused?.sentence.contains("later format") == true)
    }

    @Test(.unprivileged) func `where it can't be written it serves as it is`() async throws {
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: world.path)
        let vault = try await world.open()
        #expect(try await vault.token(TokenOptions(refresh: true)).value == "token-1")
        let changed = await failure { () async throws(VaultError) in try await vault.setDefault(nil) }
        #expect(changed?.code == .inputOutput)
        #expect(try await format == 1)
    }
}
