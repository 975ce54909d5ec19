import Foundation
import Testing
import VaultStore
import VaultTestSupport

@testable import IsogeoVault

/// A vault that is put back alone is found by what was remembered of it elsewhere.
@Suite struct RollbackTests {
    let world: VaultFixture

    init() throws { world = try VaultFixture() }

    private func make() async throws -> Vault {
        try await Vault.create(
            at: world.path,
            protectedBy: .keyFile(world.keyFile),
            importing: world.application(),
            dependencies: world.remembering
        )
    }

    private func open(_ policy: RollbackPolicy = .refused, at path: String? = nil) async throws(VaultError) -> Vault {
        var dependencies = world.remembering
        dependencies.rollback = policy
        return try await Vault.open(
            at: path ?? world.path,
            unlocking: .keyFile(world.keyFile),
            dependencies: dependencies
        )
    }

    private var marks: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: world.state).map { "\(world.state)/\($0)" } }
    }

    private func inode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int
    }

    private func replaceVault(by path: String) throws {
        try FileManager.default.removeItem(atPath: world.path)
        try world.folder.write(Data(contentsOf: URL(filePath: path)), to: "vault.db")
    }

    /// A vault to which something was added after a copy of its file was taken.
    private func makeAndChange() async throws -> (old: String, generation: Int64) {
        let vault = try await make()
        vault.close()
        let old = try world.copy(to: "old.db")
        let again = try await open()
        try await again.add(world.application("later", id: "later"))
        let generation = try again.contents.read().header.record.generation
        again.close()
        return (old, generation)
    }

    @Test func `a change that can't be marked is warned of each time, and reading isn't`() async throws {
        // Nothing can be put below a file.
        try world.folder.write("", to: "state")
        let sentence = "The vault has changed, and its mark can't be written: nothing will show it if an older copy"
        func warned() -> Int { world.warnings.count { $0.hasPrefix(sentence) } }
        let vault = try await make()
        #expect(warned() == 1)
        try await vault.add(world.application("later", id: "later"))
        #expect(warned() == 2)
        vault.close()
        _ = try await Vault.rekey(
            at: world.path,
            unlocking: .keyFile(world.keyFile),
            keeping: [],
            dropping: [],
            interaction: .none,
            dependencies: world.remembering
        )
        #expect(warned() == 3)
        let again = try await open()
        _ = try await again.applications()
        #expect(warned() == 3)
        try await again.remove(.named("later"))
        #expect(warned() == 4)
        again.close()
    }

    @Test func `a vault that is put back is refused, and taken on an explicit word`() async throws {
        let (old, generation) = try await makeAndChange()
        try replaceVault(by: old)
        let refusal = await failure { () async throws(VaultError) in try await open() }
        #expect(refusal?.code == .rolledBack && refusal?.code.exitStatus == 72)
        #expect(
            refusal?.sentence == "The vault at \(world.path) is older than it was: change 1 where there was a change 2."
        )
        let accepted = try await open(.accepted)
        #expect(try accepted.contents.read().header.record.generation > generation)
        #expect(try await accepted.auditTrail().entries.last?.event.kind == .rollbackAccepted)
        accepted.close()
        // Said once; the word means nothing where nothing is older.
        let generationNow = try await open().contents.read().header.record.generation
        #expect(try await open(.accepted).contents.read().header.record.generation == generationNow)
        #expect(world.warnings.isEmpty)
    }

    @Test func `tokens alone leave no mark`() async throws {
        let vault = try await make()
        vault.close()
        let old = try world.copy(to: "old.db")
        let mark = try #require(try marks.first)
        let before = try inode(mark)
        let again = try await open()
        _ = try await again.token()
        again.close()
        try replaceVault(by: old)
        #expect(try await open().applications().count == 1)
        #expect(try inode(mark) == before)
    }

    @Test func `a vault from before an export or a loan is refused: the mark knows the trail's end`() async throws {
        let name = try ApplicationName.named("catalogue")
        try await make().close()
        for way in ["exported", "lent", "forgotten"] {
            let old = try world.copy(to: "\(way).db")
            let vault = try await open()
            let generation = try vault.contents.read().header.record.generation
            switch way {
            case "exported": try await vault.export(name, to: world.folder("out.json"))
            case "lent": try await vault.handOver(name, by: "exec --sdk") { _ in }
            default: try await vault.forget(name)
            }
            #expect(try vault.contents.read().header.record.generation == generation)
            #expect(try await vault.auditTrail().entries.last?.event.kind.rawValue == way)
            vault.close()
            let newest = try world.copy(to: "newest.db")
            try replaceVault(by: old)
            let refusal = await failure { () async throws(VaultError) in try await open() }
            #expect(refusal?.code == .rolledBack && refusal?.sentence.contains("its audit trail ends with") == true)
            try replaceVault(by: newest)
            try await open().close()
        }
        #expect(world.warnings.isEmpty)
    }

    @Test func `another entry in the place of one that was seen is a fork, however many follow`() async throws {
        let name = try ApplicationName.named("catalogue")
        try await make().close()
        let old = try world.copy(to: "old.db")
        try await open().export(name, to: world.folder("out.json"))
        for more in 0..<2 {
            try replaceVault(by: old)
            // Another home has no mark, and its entries take the place.
            let stranger = try await world.open()
            for _ in 0...more { try await stranger.forget(name) }
            stranger.close()
            let refusal = await failure { () async throws(VaultError) in try await open() }
            #expect(refusal?.code == .rolledBack && refusal?.sentence.contains("entry 3 of its audit trail") == true)
        }
        try await open(.accepted).close()
        #expect(try await open().auditTrail().entries.last?.event.kind == .rollbackAccepted)
    }

    @Test func `a vault that was put back and changed since is a fork, whatever its generation says`() async throws {
        let name = try ApplicationName.named("catalogue")
        try await make().close()
        let old = try world.copy(to: "old.db")
        for exports in 1...2 {
            try replaceVault(by: old)
            try? FileManager.default.removeItem(atPath: world.state)
            let vault = try await open()
            for number in 0..<exports { try await vault.export(name, to: world.folder("out\(exports)\(number)")) }
            vault.close()
            // Changed where nothing is remembered: one entry more than the old one, and a higher generation.
            try replaceVault(by: old)
            let stranger = try await world.open()
            try await stranger.setDefault(name)
            stranger.close()
            let refusal = await failure { () async throws(VaultError) in try await open() }
            #expect(refusal?.code == .rolledBack, "\(refusal?.sentence ?? "")")
            #expect(refusal?.sentence.contains("its audit trail") == true)
        }
        try await open(.accepted).close()
        #expect(try await open().auditTrail().entries.last?.event.kind == .rollbackAccepted)
    }

    @Test func `a vault that went on elsewhere is newer, and becomes the mark`() async throws {
        try await make().close()
        let stranger = try await world.open()
        try await stranger.forget(nil)
        try await stranger.forget(nil)
        stranger.close()
        let old = try world.copy(to: "old.db")
        try await open().forget(nil)
        try replaceVault(by: old)
        #expect(await failure { () async throws(VaultError) in try await open() }?.code == .rolledBack)
    }

    @Test func `a mark of the version before is believed, and replaced`() async throws {
        let vault = try await make()
        let contents = try vault.contents
        let header = try contents.read().header
        vault.close()
        var state = HighWaterMark.State(keyEpoch: 1, generation: header.record.generation + 1)
        let mark = HighWaterMark(of: contents.sealer.context.vault, at: world.path, in: world.state)
        try mark.write(state, contents.sealer)
        #expect(await failure { () async throws(VaultError) in try await open() }?.code == .rolledBack)
        state = HighWaterMark.State(keyEpoch: 1, generation: header.record.generation)
        try mark.write(state, contents.sealer)
        let before = try Data(contentsOf: URL(filePath: try #require(try marks.first)))
        try await open().close()
        #expect(try Data(contentsOf: URL(filePath: try #require(try marks.first))) != before)
        #expect(world.warnings.isEmpty)
    }

    @Test func `a mark is for its owner alone, and tells no more than ids and numbers`() async throws {
        try await make().close()
        let mark = try #require(try marks.first)
        let modes = try [world.state, mark].map {
            try FileManager.default.attributesOfItem(atPath: $0)[.posixPermissions] as? Int
        }
        #expect(modes == [0o700, 0o600])
        #expect(try marks.count == 1)
    }

    @Test func `an edited mark is worth no more than none, which is said, and is written anew`() async throws {
        let (old, _) = try await makeAndChange()
        let mark = try #require(try marks.first)
        var bytes = try Data(contentsOf: URL(filePath: mark))
        bytes[bytes.count - 1] ^= 1
        try bytes.write(to: URL(filePath: mark))
        try await open().close()
        #expect(world.warnings.count == 1 && world.warnings[0].contains("wasn't written by this vault"))
        try await open().close()
        #expect(world.warnings.count == 1)
        try replaceVault(by: old)
        #expect(await failure { () async throws(VaultError) in try await open() }?.code == .rolledBack)
    }

    @Test func `a restore that fails leaves the mark, which refuses the vault of an older key`() async throws {
        let vault = try await make()
        let backup = world.folder("backup.db")
        try await vault.backup(to: backup)
        vault.close()
        let old = try world.copy(to: "old.db")
        let rekeyed = try await world.rekey(dependencies: world.remembering)
        let formerKey = Unlocking.keyFile(try #require(rekeyed.formerKeyFiles.first))
        let mark = try #require(try marks.first)
        let before = try Data(contentsOf: URL(filePath: mark))
        try world.folder.write(Data(repeating: 0, count: 4096), to: "vault.db")
        var dependencies = world.remembering
        dependencies.rollback = .ignored
        let opened = try await Vault.open(at: backup, unlocking: formerKey, dependencies: dependencies)
        #expect(await failure { () async throws(VaultError) in try await opened.restore(to: world.path) } != nil)
        #expect(try Data(contentsOf: URL(filePath: mark)) == before)
        try replaceVault(by: old)
        let refused = await failure { () async throws(VaultError) in
            try await Vault.open(at: world.path, unlocking: formerKey, dependencies: world.remembering)
        }
        #expect(refused?.code == .rolledBack)
    }

    @Test func `a mark that was lost is made anew by whoever opens the vault`() async throws {
        try await make().close()
        for mark in try marks { try FileManager.default.removeItem(atPath: mark) }
        try await open().close()
        #expect(try marks.count == 1)
    }

    @Test func `a backup can be looked into, and restored however old it is`() async throws {
        let vault = try await make()
        let backup = world.folder("backup.db")
        try await vault.backup(to: backup)
        try await vault.add(world.application("later", id: "later"))
        try await vault.add(world.application("still later", id: "still later"))
        let generation = try vault.contents.read().header.record.generation
        vault.close()
        #expect(try await open(at: backup).applications().count == 1)
        let opened = try await open(.ignored, at: backup)
        #expect(try await opened.restore(to: world.path) != nil)
        let restored = try await open()
        #expect(try await restored.applications().count == 1)
        #expect(try restored.contents.read().header.record.generation > generation)
    }

    @Test func `a backup in the place of a vault that has gone is above its mark`() async throws {
        let vault = try await make()
        let backup = world.folder("backup.db")
        try await vault.backup(to: backup)
        try await vault.add(world.application("later", id: "later"))
        let generation = try vault.contents.read().header.record.generation
        vault.close()
        try FileManager.default.removeItem(atPath: world.path)
        #expect(try await open(.ignored, at: backup).restore(to: world.path) == nil)
        #expect(try await open().contents.read().header.record.generation > generation)
    }

    @Test func `a vault from before a new key is refused, whatever its generation says`() async throws {
        let vault = try await make()
        vault.close()
        let (old, key) = (try world.copy(to: "old.db"), try world.folder.read("key"))
        _ = try await world.rekey(dependencies: world.remembering)
        try replaceVault(by: old)
        try FileManager.default.removeItem(atPath: world.keyFile)
        try world.folder.write(key, to: "key")
        // Whoever has the old key can make changes of it.
        let stranger = try await world.open()
        for name in ["a", "b", "c"] { try await stranger.add(world.application(name)) }
        stranger.close()
        let refusal = await failure { () async throws(VaultError) in try await open() }
        #expect(refusal?.code == .rolledBack && refusal?.sentence.contains("a newer key") == true)
        try await open(.accepted).close()
        #expect(try await open().applications().count == 4)
    }

    @Test func `a lasting state is told once a day, each by itself, and each time where nothing is remembered`() throws
    {
        let now: Int64 = 1_900_000_000
        let said = WarningThrottle(vault: world.path, in: world.state)
        #expect(said.isDue(.readOnly, now: now) && !said.isDue(.readOnly, now: now + 86_399))
        #expect(said.isDue(.slotEdited, now: now + 1) && !said.isDue(.slotEdited, now: now + 2))
        #expect(WarningThrottle(vault: world.path + "2", in: world.state).isDue(.readOnly, now: now))
        #expect(said.isDue(.readOnly, now: now + 86_400))
        // A clock that was set back.
        #expect(said.isDue(.readOnly, now: now))
        try world.folder.write("", to: "file")
        let nowhere = WarningThrottle(vault: world.path, in: world.folder("file"))
        #expect(nowhere.isDue(.readOnly, now: now) && nowhere.isDue(.readOnly, now: now))
    }
}
