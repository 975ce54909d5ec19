import Foundation
import Testing
import VaultCrypto
import VaultKeys
import VaultStore
import VaultSystem
import VaultTestSupport

@testable import IsogeoVault

private let isPlainEnvironment = [
    "ISOGEO_VAULT_KEY_FILE", "ISOGEO_VAULT_PASSPHRASE_FILE", "ISOGEO_VAULT_PASSPHRASE", "CREDENTIALS_DIRECTORY",
].allSatisfy { ProcessInfo.processInfo.environment[$0] == nil }

/// Sessions: what opens a vault without a key, and all that ends it.
@Suite(.needsKernelKeyring, .onItsOwnThread, .enabled(if: isPlainEnvironment, "the environment names a key"))
struct SessionTests {
    let world: VaultFixture

    init() throws { world = try VaultFixture() }

    /// Runs `body` on a vault with a session of an hour, and leaves none behind.
    private func withSession(_ body: (Vault) async throws -> Void) async throws {
        let vault = try await world.makeVault()
        try await vault.startSession(for: .seconds(3600), sharingUserID: true)
        let identity = try vault.contents.sealer.context.vault
        defer { _ = try? KernelSession.revokeAll(of: identity) }
        try await body(vault)
    }

    private func openError(_ unlocking: Unlocking = .environment) async -> VaultError? {
        await failure { () async throws(VaultError) in
            try await Vault.open(at: world.path, unlocking: unlocking, dependencies: world.dependencies)
        }
    }

    private func expectLocked(sourceLocation: SourceLocation = #_sourceLocation) async {
        #expect(await openError()?.code == .locked, sourceLocation: sourceLocation)
    }

    private func sessions(_ vault: Vault) throws -> [SessionRecord] {
        try vault.contents.read(Query(sessions: true)).snapshot.sessions
    }

    private func keys(_ vault: Vault) throws -> [KernelKeys.Key] {
        try KernelKeys.ofVault(vault.contents.sealer.context.vault.id.map { String(format: "%02x", $0) }.joined())
    }

    @Test func `a session opens the vault without a key, and nobody is asked`() async throws {
        try await withSession { _ in
            let unlocking = Unlocking.environment { (_) throws(VaultError) in
                throw VaultError.forTesting(.internalError)
            }
            for unlocking in [.environment, unlocking] {
                let opened = try await world.open(unlocking)
                #expect(try await opened.token().value == "token-1")
            }
            // All that a key allows, and the vault stays whole.
            try await world.open(.environment).add(try world.application("new", id: "another"))
            #expect(try await world.open(.environment).verify().findings.isEmpty)
            #expect(world.warnings.isEmpty)
        }
    }

    @Test func `a session is told in the audit trail, and is no change of the vault`() async throws {
        let vault = try await world.makeVault()
        let generation = try vault.contents.read().header.record.generation
        world.clock.advance(by: 10)
        let end = try await vault.startSession(for: .seconds(90), sharingUserID: true)
        #expect(end.timeIntervalSince1970 == Double(world.clock.now + 90))
        #expect(try vault.contents.read().header.record.generation == generation)
        #expect(try await Vault.endSession(at: world.path, dependencies: world.dependencies))
        #expect(try await !Vault.endSession(at: world.path, dependencies: world.dependencies))
        #expect(try vault.contents.read().header.record.generation == generation)
        let events = try await vault.auditTrail().entries.suffix(2).map(\.event)
        #expect(events.map(\.kind.rawValue) == ["unlocked", "locked"])
        #expect(events.first?.detail == "until 2030-03-17T17:48:20Z")
    }

    @Test func `a session ends, and both halves of it go`() async throws {
        try await withSession { vault in
            let (rows, kept) = (try sessions(vault), try keys(vault))
            #expect(rows.count == 1 && kept.count == 1 && kept[0].rest != "perm")
            #expect(try await Vault.endSession(at: world.path, dependencies: world.dependencies))
            #expect(try sessions(vault).isEmpty)
            #expect(try keys(vault).isEmpty)
            await expectLocked()
        }
    }

    @Test func `a new session takes the place of the old one`() async throws {
        try await withSession { vault in
            let (row, key) = (try sessions(vault), try keys(vault))
            try await vault.startSession(for: .seconds(60), sharingUserID: true)
            #expect(try sessions(vault).count == 1 && sessions(vault) != row)
            #expect(try keys(vault).count == 1 && keys(vault).map(\.description) != key.map(\.description))
            #expect(try await world.open(.environment).applications().count == 1)
        }
    }

    @Test func `the clock ends a session, whatever the kernel still keeps`() async throws {
        try await withSession { (vault) async throws in
            world.clock.advance(by: 3599)
            #expect(try await world.open(.environment).applications().count == 1)
            world.clock.advance(by: 1)
            await expectLocked()
            #expect(try keys(vault).count == 1)
            // A clock that was set back to long before doesn't make it longer.
            world.clock.advance(by: -31 * 86_400)
            await expectLocked()
        }
    }

    @Test func `the kernel ends a session, whatever the vault says`() async throws {
        try await withSession { vault in
            _ = try KernelSession.revokeAll(of: vault.contents.sealer.context.vault)
            #expect(try sessions(vault).count == 1)
            await expectLocked()
        }
    }

    @Test func `what is named goes before a session, and is all that is tried`() async throws {
        try await withSession { _ in
            let wrong = try world.folder.write([UInt8](repeating: 1, count: 32), to: "wrong")
            #expect(await openError(.keyFile(wrong))?.code == .locked)
            #expect(await openError(.environment.withoutSession)?.code == .locked)
            #expect(await openError(.recoveryCode { (_) throws(VaultError) in throw .closed })?.code == .locked)
        }
    }

    @Test(
        .needsPython,
        arguments: [
            "update session set expires = expires + 1", "update session set expires = expires - 1",
            "update session set box = zeroblob(88)", "update session set box = zeroblob(3)",
            "update session set box = substr(box, 1, 87)", "update session set id = zeroblob(16)",
            "update session set id = zeroblob(15)", "update session set expires = -1", "delete from session",
        ]
    )
    func `a session that was edited is none, and nothing is said of it`(_ edit: String) async throws {
        try await withSession { _ in
            try await world.edit(edit)
            await expectLocked()
            #expect(try await world.open().applications().count == 1)
            #expect(world.warnings.isEmpty)
        }
    }

    @Test(.needsPython) func `planted sessions beside the real one cost nothing but their trial`() async throws {
        try await withSession { vault in
            let end = try #require(try sessions(vault).first?.expires)
            let rows = (1...6).map { "(randomblob(16), \(end + Int64($0)), randomblob(88))" }.joined(separator: ", ")
            try await world.edit("insert into session values \(rows)")
            #expect(try await world.open(.environment).applications().count == 1)
        }
    }

    @Test(.needsPython) func `a session that is put back after it was ended opens nothing`() async throws {
        try await withSession { vault in
            let before = try world.copy(to: "before.db")
            #expect(try await Vault.endSession(at: world.path, dependencies: world.dependencies))
            try await world.edit("insert into session select * from other.session", other: before)
            await expectLocked()
        }
    }

    @Test func `a session ends when a key slot is removed or changed`() async throws {
        try await withSession { vault in
            let second = world.folder("second")
            _ = try await vault.addKey(.keyFile(second))
            #expect(try await world.open(.environment).applications().count == 1)
            let slot = try #require(try await vault.keys().last?.id)
            try await vault.removeKey(slot)
            #expect(try sessions(vault).isEmpty && keys(vault).isEmpty)
            await expectLocked()

            try await vault.startSession(for: .seconds(60), sharingUserID: true)
            _ = try await vault.changeKey("key-file", to: .keyFile(world.folder("third")))
            #expect(try sessions(vault).isEmpty && keys(vault).isEmpty)
            await expectLocked()
        }
    }

    @Test(.needsPython) func `without the slot that it was made with a session opens nothing`() async throws {
        try await withSession { vault in
            // As by a version that knows nothing of sessions: the slot goes, and both halves of the session stay.
            let made = try vault.contents.slots()[0]
            let second = SecretBytes(copying: [UInt8](repeating: 2, count: 32).span)
            let identity = try vault.contents.sealer.context.vault
            let slot = try vault.contents.sealer.withKey { key in
                KeyFileSlot.make(second, wrapping: key, of: identity, now: 1)
            }
            try vault.contents.change(Query(), now: 1) { (draft) throws(VaultError) in draft.slots = [slot] }
            #expect(try sessions(vault).count == 1 && keys(vault).count == 1)
            #expect(slot.id != made.id)
            await expectLocked()
        }
    }

    @Test func `a session of another key epoch opens nothing`() async throws {
        try await withSession { vault in
            let (header, snapshot) = try vault.contents.read(Query(sessions: true))
            let bytes = try vault.contents.sealer.withKey { $0.bytes.revealed }
            let key = try VaultKey(SecretBytes(copying: bytes.span))
            let sealer = RecordSealer(key, vault: snapshot.vault, keyEpoch: 2)
            let next = sealer.header(header.state, slots: header.record.slots, after: header.record, now: 1)
            try vault.contents.database.commit([.putHeader(next)], expecting: header.record.tag)
            #expect(snapshot.sessions.count == 1)
            await expectLocked()
            #expect(await openError(.keyFile(world.keyFile)) == nil)
        }
    }

    @Test func `a backup has no session, and a vault that is restored has none`() async throws {
        try await withSession { vault in
            let backup = world.folder("backup.db")
            try await vault.backup(to: backup)
            let error = await failure { () async throws(VaultError) in
                try await Vault.open(at: backup, unlocking: .environment, dependencies: world.dependencies)
            }
            #expect(error?.code == .locked)
            let opened = try await Vault.open(
                at: backup,
                unlocking: .keyFile(world.keyFile),
                dependencies: world.dependencies
            )
            #expect(try await opened.restore(to: world.path) != nil)
            await expectLocked()
        }
    }

    @Test func `a session lasts from a second to thirty days`() async throws {
        try await withSession { vault in
            for duration in [Duration.zero, .milliseconds(999), .seconds(-5), .seconds(30 * 86_400 + 1)] {
                let error = await failure { () async throws(VaultError) in
                    try await vault.startSession(for: duration, sharingUserID: true)
                }
                #expect(error?.code == .usage)
            }
            try await vault.startSession(for: Vault.longestSession, sharingUserID: true)
            #expect(try await world.open(.environment).applications().count == 1)
            #expect(try sessions(vault).first?.expires == world.clock.now + 30 * 86_400)
        }
    }

    @Test func `a session that expired goes with the next token`() async throws {
        try await withSession { vault in
            world.clock.advance(by: 3600)
            _ = try await vault.token()
            #expect(try sessions(vault).isEmpty)
        }
    }

    @Test func `many that begin a session at once leave one that opens`() async throws {
        try await withSession { vault in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<6 {
                    group.addTask { try await vault.startSession(for: .seconds(600), sharingUserID: true) }
                }
                try await group.waitForAll()
            }
            #expect(try sessions(vault).count == 1)
            #expect(try keys(vault).count == 1)
            #expect(try await world.open(.environment).applications().count == 1)
        }
    }

    /// Each try takes from the quota of its user for a while, which is root's alone large enough.
    @Test(.privileged) func `root: threads that try at once whether sessions can be made don't disturb each other`()
        async
    {
        let obstacles = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<400).count { _ in SessionReport.current().obstacle != nil } }
            }
            return await group.reduce(0, +)
        }
        #expect(obstacles == 0)
    }

    @Test func `whether sessions can be made here is told before`() throws {
        let report = SessionReport.current()
        #expect(report.obstacle == nil)
        try report.check(sharingUserID: true)
        let shared = SessionReport(obstacle: nil, isSharedUserID: true)
        #expect(throws: SessionReport.sharedUserID) { try shared.check(sharingUserID: false) }
        let refused = VaultError(KeyError.kernelKeyring(errno: .notPermitted))
        #expect(throws: VaultError.forTesting(.unavailable)) {
            try SessionReport(obstacle: refused, isSharedUserID: false).check(sharingUserID: true)
        }
    }
}
