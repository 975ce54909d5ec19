import Foundation
import Testing
import VaultCrypto
import VaultKeys
import VaultStore
import VaultTestSupport

@testable import IsogeoVault

/// Vaults with more than one opener, whole and edited.
@Suite(.onItsOwnThread) struct SlotTests {
    let world: VaultFixture
    private let slots: TwoSlotVault

    init() throws {
        world = try VaultFixture()
        slots = TwoSlotVault(applications: [(try .sample(), "a secret")])
        try world.folder.write(slots.keyFile, to: "key")
        try world.folder.write(slots.passphrase + "\n", to: "passphrase")
    }

    private var byPassphrase: Unlocking { .passphraseFile(world.folder("passphrase")) }
    private var byKeyFile: Unlocking { .keyFile(world.keyFile) }

    private func openError(_ unlocking: Unlocking) async -> VaultError? {
        await failure { () async throws(VaultError) in
            try await Vault.open(at: world.path, unlocking: unlocking, dependencies: world.dependencies)
        }
    }

    /// An SQL literal.
    private func literal(_ bytes: [UInt8]) -> String {
        "x'" + bytes.map { String(format: "%02x", $0) }.joined() + "'"
    }

    @Test func `a passphrase and a key file open one vault, each`() async throws {
        do { try slots.make(at: world.path) }
        #expect(try await world.open(byPassphrase).token().value == "token-1")
        #expect(try await world.open(byKeyFile).token().source == .vault)
        #expect(world.warnings.isEmpty)
    }

    @Test(
        .needsPython,
        arguments: [
            "created = created + 1", "parameters = zeroblob(25)", "salt = zeroblob(16)",
            "commitment = zeroblob(32)", "wrapped_key = zeroblob(72)", "kind = 'recovery'", "id = zeroblob(16)",
        ]
    )
    func `another's slot that was edited is named; the vault is read, and not changed`(_ edit: String) async throws {
        let made = try slots.make(at: world.path)
        try await world.edit("update slot set \(edit) where kind = 'passphrase'")
        let vault = try await world.open(byKeyFile)
        let isRenamed = edit.hasPrefix("id")
        let name = edit.hasPrefix("kind") ? "recovery \(made.passphraseSlot.shortID)" : made.passphraseSlot.name
        #expect(world.warnings.first?.contains(isRenamed ? "passphrase 00000000" : name) == true)
        #expect(world.warnings.count == (isRenamed ? 2 : 1))
        #expect(try await vault.token().value == "token-1")
        #expect(try await vault.token().source == .vault)
        let application = try world.application("new")
        let error = await failure { () async throws(VaultError) in try await vault.add(application) }
        #expect(error?.code == .damaged && error?.sentence.contains("so nothing is changed") == true)
        #expect(try await vault.applications().count == 1)
    }

    @Test(.needsPython) func `a slot that was taken away is told, and nothing is changed`() async throws {
        do { try slots.make(at: world.path) }
        try await world.edit("delete from slot where kind = 'passphrase'")
        let vault = try await world.open(byKeyFile)
        #expect(world.warnings.count == 1 && world.warnings[0].contains("a slot that is gone"))
        let application = try world.application("new")
        let error = await failure { () async throws(VaultError) in try await vault.add(application) }
        #expect(error?.code == .damaged)
    }

    @Test(.needsPython) func `the opener's own slot, edited, is damage`() async throws {
        let made = try slots.make(at: world.path)
        try await world.edit("update slot set wrapped_key = zeroblob(72) where kind = 'key-file'")
        let damaged = await openError(byKeyFile)
        #expect(damaged?.code == .damaged && damaged?.sentence == "The slot \(made.keyFileSlot.name) is damaged.")
        try await world.edit("update slot set commitment = zeroblob(32) where kind = 'key-file'")
        // Its own key doesn't open it any more, and is not to be told that it is a wrong one.
        #expect(await openError(byKeyFile)?.code == .damaged)
    }

    @Test(.needsPython) func `a slot that is planted with the right key is refused`() async throws {
        // Whoever once had the key, or kept a slot that was removed, gets no way in back by editing the file.
        let made = try slots.make(at: world.path)
        let stolen = SecretBytes(copying: [UInt8](repeating: 9, count: 32).span)
        let key = try VaultKey(SecretBytes(copying: made.vaultKey.span))
        let slot = KeyFileSlot.make(stolen, wrapping: key, of: made.vault, now: 1)
        try await world.edit(
            """
            insert into slot values (\(literal(slot.id)), 'key-file', 1, x'', \(literal(slot.salt)),
                \(literal(slot.commitment)), \(literal(slot.wrappedKey)))
            """
        )
        let planted = try world.folder.write([UInt8](repeating: 9, count: 32), to: "planted")
        let error = await openError(.keyFile(planted))
        #expect(error?.code == .damaged)
        #expect(error?.sentence == "The vault is damaged: the slot that opened it was edited.")
        let vault = try await world.open(byKeyFile)
        #expect(world.warnings.count == 1 && world.warnings[0].contains(slot.name))
        #expect(try await vault.token().value == "token-1")
    }

    @Test(.needsPython) func `a passphrase slot made cheap or dear is refused before anything is derived`() async throws
    {
        do { try slots.make(at: world.path) }
        for (passes, memory) in [(1, 8192), (1 << 30, 1 << 50)] as [(UInt64, UInt64)] {
            var encoder = CanonicalEncoder()
            encoder.append(passes)
            encoder.append(memory)
            try await world.edit("update slot set parameters = \(literal(encoder.bytes)) where kind = 'passphrase'")
            let error = await openError(byPassphrase)
            #expect(error?.code == .damaged && error?.sentence.contains("\(passes) passes") == true)
        }
    }

    @Test func `a vault has up to sixteen slots, and each opens it`() async throws {
        var slots = slots
        slots.moreKeyFiles = (0..<14).map { [UInt8](repeating: $0, count: 32) }
        do { try slots.make(at: world.path) }
        let last = try world.folder.write([UInt8](repeating: 13, count: 32), to: "last")
        #expect(try await world.open(.keyFile(last)).applications().count == 1)
        slots.moreKeyFiles.append([UInt8](repeating: 14, count: 32))
        #expect(throws: TwoSlotVault.TooManySlots.self) { try slots.make(at: world.folder("too many.db")) }
    }

    @Test func `digests of one to sixteen slots have one form each`() {
        let entries = (0..<17).map { byte in
            SlotDigests.Entry(
                id: [UInt8](repeating: UInt8(byte), count: 16),
                digest: [UInt8](repeating: 1, count: 32)
            )
        }
        #expect(SlotDigests([]) == nil && SlotDigests(entries) == nil)
        #expect(SlotDigests(Array(entries.prefix(16)))?.bytes.count == 768)
        #expect(SlotDigests([entries[0], entries[0]]) == nil)
        #expect(SlotDigests(entries.prefix(2).reversed())?.entries == Array(entries.prefix(2)))
        let bytes = SlotDigests(Array(entries.prefix(2)))?.bytes ?? []
        #expect(SlotDigests(bytes: bytes) != nil)
        #expect(SlotDigests(bytes: Array(bytes[48...] + bytes[..<48])) == nil)
        #expect(SlotDigests(bytes: Array(bytes.dropLast())) == nil)
    }

    @Test func `a vault with a new key closes to whoever had the old one`() async throws {
        let made = try slots.make(at: world.path)
        let vault = try await world.open(byKeyFile)
        // What another key epoch looks like: nothing makes one yet.
        let key = try VaultKey(SecretBytes(copying: made.vaultKey.span))
        let sealer = RecordSealer(key, vault: made.vault, keyEpoch: 2)
        let before = try made.database.read().header
        let after = sealer.header(HeaderState(), slots: before.slots, after: before, now: 1)
        try made.database.commit([.putHeader(after)], expecting: before.tag)
        let error = await failure { () async throws(VaultError) in try await vault.token() }
        #expect(error?.code == .locked && error?.sentence == "The vault has a new key now.")
    }

    @Test func `another vault in the place of the open one isn't taken for it`() async throws {
        do { try slots.make(at: world.path) }
        let vault = try await world.open(byKeyFile)
        do { try slots.make(at: world.folder("other.db")) }
        try #require(unsafe rename(world.folder("other.db"), world.path) == 0)
        let error = await failure { () async throws(VaultError) in try await vault.token() }
        #expect(error?.code == .tryAgain)
        #expect(world.server.requests.isEmpty)
    }
}
