import Foundation
import Testing
import VaultCrypto
import VaultKeys
import VaultStore
import VaultTestSupport

@testable import IsogeoVault

/// A new key for a vault: everything is sealed anew, and nothing is lost.
@Suite struct RekeyTests {
    let world: VaultFixture

    init() throws { world = try VaultFixture() }

    private func everything(_ vault: Vault) throws -> Snapshot {
        try vault.contents.database.read(.everything)
    }

    /// The files beside the vault, by their names' beginnings.
    private func files(_ prefix: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: world.folder.path).filter { $0.hasPrefix(prefix) }
    }

    @Test func `every box is another one, and the old key opens none`() async throws {
        let old = try await world.makeVault()
        try await old.add(world.application("other", secret: "another secret"))
        try await old.setDefault(.named("catalogue"))
        let token = try await old.token()
        let before = try everything(old)
        world.clock.advance(by: 5)
        _ = try await world.rekey()

        let new = try await world.open()
        let after = try everything(new)
        #expect(after.header.keyEpoch == 2 && after.header.generation == before.header.generation + 1)
        #expect(after.header.vaultID == before.header.vaultID && after.header.created == before.header.created)
        func boxes(_ snapshot: Snapshot) -> [[UInt8]] {
            [snapshot.header.state, snapshot.header.tag] + snapshot.slots.map(\.wrappedKey) + snapshot.slots.map(\.id)
                + snapshot.applications.flatMap { [$0.nameTag, $0.metadata, $0.secret] }
                + snapshot.tokens.flatMap { [$0.id, $0.box] } + snapshot.log.map(\.box)
        }
        #expect(Set(boxes(before)).isDisjoint(with: boxes(after)))
        #expect(after.applications.map(\.id) == before.applications.map(\.id) && after.tokens.count == 1)

        let oldSealer = try old.contents
        let authenticates = oldSealer.sealer.authenticates(after.header)
        #expect(!authenticates)
        for row in after.applications { #expect((try? oldSealer.sealer.metadata(of: row)) == nil) }
        for row in after.tokens {
            for application in try new.contents.applications() {
                #expect((try? oldSealer.sealer.token(row, of: application)) == nil)
            }
        }
        for row in after.log { #expect((try? oldSealer.sealer.auditEntry(row)) == nil) }

        // And nothing is lost: names, default, secrets, the cached token, the audit trail.
        #expect(try await new.verify().findings.isEmpty)
        #expect(try await new.applications().map(\.name.description) == ["catalogue", "other"])
        let again = try await new.token()
        #expect(again.value == token.value && again.source == .vault && world.server.requests.count == 1)
        _ = try await new.token(for: .named("other"))
        #expect(world.server.requests.last?.pair == "client:another secret")
        let events = try await new.auditTrail().entries
        #expect(
            events.map(\.event.kind) == [
                .created, .imported, .imported, .defaultChanged, .tokenRequested, .rekeyed, .tokenRequested,
            ]
        )
        #expect(events.map(\.number) == [1, 2, 3, 4, nil, 5, nil])
    }

    @Test func `whoever had the vault open is refused, and nothing is sealed under the old key`() async throws {
        let old = try await world.makeVault()
        _ = try await world.rekey()
        let after = try everything(old)
        let refusals = [
            await failure { () async throws(VaultError) in try await old.add(world.sample("later")) },
            await failure { () async throws(VaultError) in try await old.token() },
            await failure { () async throws(VaultError) in try await old.forget(nil) },
            await failure { () async throws(VaultError) in try await old.applications() },
            await failure { () async throws(VaultError) in try await old.addKey(.keyFile(world.folder("another"))) },
            await failure { () async throws(VaultError) in try await old.backup(to: world.folder("backup")) },
        ]
        #expect(refusals.map { $0?.code } == Array(repeating: .locked, count: 6))
        #expect(refusals[0]?.remedy == "Unlock it again.")
        #expect(try everything(old) == after && world.server.requests.isEmpty)
        try await world.open().add(world.application("later"))
        #expect(try await world.open().applications().count == 2)
    }

    @Test func `a token that is asked for meanwhile is given out with a warning`() async throws {
        let old = try await world.makeVault()
        let (world, done) = (world, DispatchSemaphore(value: 0))
        world.server.whileAsked {
            Task {
                _ = try? await world.rekey()
                done.signal()
            }
            _ = done.wait(timeout: .now() + 30)
        }
        #expect(try await old.token().value == "token-1")
        #expect(
            world.warnings
                == ["The token isn't kept. The vault has a new key now. Unlock it again."]
        )
        #expect(try await world.open().verify().tokens == 0)
    }

    @Test func `a key file gets a new key, and the old one stays beside it for what it opens`() async throws {
        let vault = try await world.makeVault()
        try await vault.backup(to: world.folder("backup.db"))
        let before = try world.folder.read("key")
        let result = try await world.rekey()
        let former = try #require(result.formerKeyFiles.first)
        #expect(try world.folder.read("key") != before)
        #expect(try Array(Data(contentsOf: URL(filePath: former))) == before)
        #expect(try files("key").count == 2)
        #expect(
            await failure { () async throws(VaultError) in try await world.opened(.keyFile(former)) }?.code == .locked
        )
        let backup = try await Vault.open(
            at: world.folder("backup.db"),
            unlocking: .keyFile(former),
            dependencies: world.dependencies
        )
        // Restored, the old key counts again, and that is said.
        _ = try await backup.restore(to: world.path)
        #expect(world.warnings.contains { $0.hasPrefix("The backup is from before the vault got a new key") })
        #expect(try await world.opened(.keyFile(former)).verify().findings.isEmpty)
    }

    @Test func `a key file whose rekey died before its end opens the vault, and is put right`() async throws {
        try await world.makeVault().close()
        let old = try world.folder.read("key")
        let slot = try #require(try await world.rekey().slots.first)
        // As it is between the commit and the rename.
        try FileManager.default.moveItem(atPath: world.keyFile, toPath: world.folder("key.new-\(slot.id)"))
        try world.folder.write(old, to: "key")
        #expect(try await world.open().applications().count == 1)
        #expect(try files("key").sorted() == ["key", "key.old-\(slot.id)"])
        #expect(try world.folder.read("key") != old)
        _ = try await world.rekey()
        #expect(try await world.open().verify().findings.isEmpty)
    }

    @Test func `a key file that somebody else has replaced meanwhile stays, and the vault opens all the same`()
        async throws
    {
        try await world.makeVault().close()
        let slot = try #require(try await world.rekey().slots.first)
        try FileManager.default.moveItem(atPath: world.keyFile, toPath: world.folder("key.new-\(slot.id)"))
        let other = Array(String(repeating: "0", count: 64).utf8)
        try world.folder.write(other, to: "key")
        #expect(try await world.open().applications().count == 1)
        #expect(try world.folder.read("key") == other)
    }

    @Test func `a slot of which nothing is said ends it, and nothing has changed`() async throws {
        let vault = try await world.makeVault()
        try world.folder.write("pass", to: "passphrase")
        _ = try await vault.addKey(.keyFile(world.folder("second")))
        let shown = Shown()
        _ = try await vault.addRecoveryCode { (code) throws(VaultError) in shown.keep(code) }
        let before = try everything(vault)
        let (key, count) = (try world.folder.read("key"), try files("").count)
        let refusal = await failure { () async throws(VaultError) in try await world.rekey() }
        #expect(refusal?.code == .usage)
        #expect(refusal?.sentence.contains("key-file ") == true && refusal?.sentence.contains("recovery ") == true)
        #expect(try everything(vault) == before && world.folder.read("key") == key)
        #expect(try files("").count == count)

        // What opens another slot is named, a code is shown anew.
        let result = try await world.rekey(
            keeping: [.keyFile(world.folder("second"))],
            interaction: UserInteraction(show: { (code) throws(VaultError) in shown.keep(code) })
        )
        #expect(result.slots.map(\.kind) == ["key-file", "key-file", "recovery"] && result.formerKeyFiles.count == 2)
        #expect(try await world.opened(.keyFile(world.folder("second"))).applications().count == 1)
        let codes = shown.codes
        #expect(codes.count == 2 && codes[0] != codes[1])
        try world.folder.write(codes[1], to: "new-code")
        try world.folder.write(codes[0], to: "old-code")
        #expect(try await world.opened(.recoveryFile(world.folder("new-code"))).applications().count == 1)
        #expect(
            await failure { () async throws(VaultError) in
                try await world.opened(.recoveryFile(world.folder("old-code")))
            }?.code == .locked
        )
        // And dropped on a word.
        let dropped = try await world.rekey(dropping: [result.slots[1].id, result.slots[2].id])
        #expect(dropped.slots.map(\.kind) == ["key-file"])
    }

    @Test(.unprivileged) func `a key file whose folder can't be written ends it, and nothing has changed`() async throws
    {
        let vault = try await world.makeVault()
        let folder = world.folder("closed")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        _ = try await vault.addKey(.keyFile(folder + "/key"))
        let before = try everything(vault)
        try FileManager.default.setAttributes([.posixPermissions: 0o500], ofItemAtPath: folder)
        defer { try? FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder) }
        let refusal = await failure { () async throws(VaultError) in
            try await world.rekey(keeping: [.keyFile(folder + "/key")])
        }
        #expect(refusal?.code == .inputOutput && refusal?.remedy.contains("--shared-key-file") == true)
        #expect(try everything(vault) == before && files("key") == ["key"])
    }

    @Test func `all slots dropped is no vault`() async throws {
        let vault = try await world.makeVault()
        let slot = try #require(try await vault.keys().first)
        #expect(
            await failure { () async throws(VaultError) in try await world.rekey(dropping: [slot.id]) }?.code == .usage
        )
        #expect(try await world.open().applications().count == 1)
    }

    @Test(arguments: ["key", "passphrase"])
    func `the vault of format 1 gets a new key, by each slot`(_ slot: String) async throws {
        let golden = try GoldenVault.described()
        try world.folder.write(golden.passphrase, to: "passphrase")
        try world.folder.write(golden.keyFile, to: "key")
        try world.folder.write(Data(contentsOf: URL(filePath: GoldenVault.path)), to: "vault.db")
        world.clock.set(golden.now + 100)
        let (key, passphrase) = (Unlocking.keyFile(world.keyFile), Unlocking.passphraseFile(world.folder("passphrase")))
        let ways = slot == "key" ? (key, passphrase) : (passphrase, key)
        _ = try await world.rekey(ways.0, keeping: [ways.1])
        for way in [key, passphrase] {
            let vault = try await world.opened(way)
            #expect(try await vault.verify().findings.isEmpty)
            #expect(try await vault.token().value == golden.token.value)
        }
        #expect(world.server.requests.isEmpty && world.warnings.isEmpty)
    }

    @Test func `passphrases of other slots are asked for`() async throws {
        let vault = TwoSlotVault(applications: [(try .sample(), "secret")])
        try vault.make(at: world.path)
        try world.folder.write(Data(vault.keyFile), to: "key")
        let wrong = await failure { () async throws(VaultError) in
            try await world.rekey(
                interaction: UserInteraction(ask: { (_, output) throws(VaultError) in
                    output.append(UInt8(ascii: "x"))
                })
            )
        }
        #expect(
            wrong?.code == .locked && wrong?.sentence.hasPrefix("That isn't the passphrase of the key slot ") == true
        )
        let result = try await world.rekey(
            interaction: UserInteraction(ask: { (request, output) throws(VaultError) in
                guard case .slotPassphrase = request else { return }
                for byte in "a passphrase".utf8 { output.append(byte) }
            })
        )
        #expect(result.slots.map(\.kind).sorted() == ["key-file", "passphrase"])
        try world.folder.write("a passphrase", to: "passphrase")
        #expect(try await world.opened(.passphraseFile(world.folder("passphrase"))).applications().count == 1)
    }

    @Test func `a thousand applications get a new key`() async throws {
        let vault = TwoSlotVault(applications: try (0..<1000).map { (try .sample("n\($0)"), "secret \($0)") })
        let made = try vault.make(at: world.path)
        try world.folder.write(Data(vault.keyFile), to: "key")
        _ = try await world.rekey(dropping: [made.passphraseSlot.shortID])
        let opened = try await world.open()
        #expect(try await opened.verify().applications == 1000)
        _ = try await opened.token(for: .named("n999"))
        #expect(world.server.requests.last?.pair == "client:secret 999")
    }
}

/// The recovery codes that were shown.
private final class Shown: @unchecked Sendable {
    // @unchecked: a lock of its own guards it.
    private let lock = NSLock()
    private var texts: [String] = []

    var codes: [String] { lock.withLock { texts } }

    func keep(_ code: Span<UInt8>) {
        let text = String(decoding: code.indices.map { code[$0] }, as: UTF8.self)
        lock.withLock { texts.append(text) }
    }
}

extension VaultFixture {
    /// The vault, opened anew, where the error is what matters.
    fileprivate func opened(_ unlocking: Unlocking) async throws(VaultError) -> Vault {
        try await Vault.open(at: path, unlocking: unlocking, dependencies: dependencies)
    }

    /// An application, where an error of making it can't be.
    fileprivate func sample(_ name: String) throws(VaultError) -> NewApplication {
        do { return try application(name) } catch {
            throw VaultError.forTesting(.internalError, "\(error)")
        }
    }
}
