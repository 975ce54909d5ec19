import Foundation
import Synchronization
import Testing
import VaultCrypto
import VaultTestSupport

@testable import IsogeoVault
@testable import VaultKeys

/// A kind of key that no version knows goes every way that the known ones go: this file is all that it takes.
@Suite struct KeySourceTests {
    let world: VaultFixture
    private let chip = Chip()

    init() throws { world = try VaultFixture() }

    private static let isPlainEnvironment = [
        "ISOGEO_VAULT_KEY_FILE", "ISOGEO_VAULT_SHARED_KEY_FILE", "ISOGEO_VAULT_PASSPHRASE_FILE",
        "ISOGEO_VAULT_SHARED_PASSPHRASE_FILE", "ISOGEO_VAULT_PASSPHRASE", "CREDENTIALS_DIRECTORY",
    ].allSatisfy { ProcessInfo.processInfo.environment[$0] == nil }

    private var dependencies: VaultDependencies {
        var dependencies = world.dependencies
        dependencies.keySources.append(ChipSource.self)
        return dependencies
    }

    private func makeVault() async throws -> Vault {
        try await Vault.create(
            at: world.path,
            protectedBy: Protection(ChipSource()),
            importing: world.application(),
            dependencies: dependencies
        )
    }

    private func open(_ unlocking: Unlocking) async throws(VaultError) -> Vault {
        try await Vault.open(at: world.path, unlocking: unlocking, dependencies: dependencies)
    }

    private var named: Unlocking {
        let name = KeyName.kind(ChipSource.kind)
        return Unlocking(KeyReference(kind: ChipSource.self, name: name) { () throws(VaultError) in ChipSource() })
    }

    @Test func `it protects a new vault, and opens it where it is named`() async throws {
        try await Chip.$current.withValue(chip) {
            let made = try await makeVault()
            #expect(try await made.keys().map(\.kind) == ["chip"] && chip.slots.count == 1)
            #expect(try await open(named).token().value == "token-1")
            chip.forget()
            let refusal = await failure { () async throws(VaultError) in try await open(named) }
            #expect(refusal?.code == .locked && refusal?.sentence == "The chip doesn't open this vault.")
        }
    }

    @Test(.enabled(if: isPlainEnvironment, "the environment names a way"))
    func `where nothing is named, it opens the vault by itself`() async throws {
        try await Chip.$current.withValue(chip) {
            try await makeVault().close()
            #expect(try await open(.environment).applications().count == 1)
            // A version that doesn't know the kind has no way in, and says so.
            let unknown = await failure { () async throws(VaultError) in
                try await Vault.open(at: world.path, unlocking: .environment, dependencies: world.dependencies)
            }
            #expect(unknown?.code == .locked)
        }
    }

    @Test func `it is added once, takes another's place, and what it kept goes with its slot`() async throws {
        try await Chip.$current.withValue(chip) {
            let vault = try await Vault.create(
                at: world.path,
                protectedBy: .keyFile(world.keyFile),
                importing: world.application(),
                dependencies: dependencies
            )
            let added = try await vault.addKey(Protection(ChipSource()))
            let again = await failure { () async throws(VaultError) in
                try await vault.addKey(Protection(ChipSource()))
            }
            #expect(again?.code == .usage && again?.sentence == "The chip opens this vault already.")
            #expect(chip.slots == [added.id])
            try await vault.removeKey("chip")
            #expect(chip.slots.isEmpty && world.warnings.isEmpty)
            let changed = try await vault.changeKey("key-file", to: Protection(ChipSource()))
            #expect(chip.slots == [changed.id])
            _ = try await vault.changeKey(changed.id, to: .keyFile(world.folder("another")))
            #expect(chip.slots.isEmpty && world.warnings.isEmpty)
        }
    }

    @Test func `what was made for a change that fails goes again`() async throws {
        try await Chip.$current.withValue(chip) {
            let vault = try await Vault.create(
                at: world.path,
                protectedBy: .keyFile(world.keyFile),
                importing: world.application(),
                dependencies: dependencies
            )
            for number in 1..<16 { _ = try await vault.addKey(.keyFile(world.folder("key-\(number)"))) }
            let full = await failure { () async throws(VaultError) in
                try await vault.addKey(Protection(ChipSource()))
            }
            #expect(full?.code == .usage && chip.slots.isEmpty)
        }
    }

    @Test func `a new key of the vault is a new secret in it`() async throws {
        try await Chip.$current.withValue(chip) {
            try await makeVault().close()
            let before = chip.slots
            let result = try await Vault.rekey(
                at: world.path,
                unlocking: named,
                keeping: [],
                dropping: [],
                interaction: .none,
                dependencies: dependencies
            )
            #expect(result.slots.map(\.kind) == ["chip"] && chip.slots == Set(result.slots.map(\.id)))
            #expect(chip.slots.isDisjoint(with: before))
            #expect(try await open(named).verify().findings.isEmpty)
        }
    }
}

/// What keeps secrets and hands none out, as a TPM would: by the ids of slots.
private final class Chip: Sendable {
    @TaskLocal static var current = Chip()

    private let keys = Mutex([String: [UInt8]]())

    var slots: Set<String> { Set(keys.withLock { $0.keys }) }

    func forget() { keys.withLock { $0 = [:] } }
    func discard(_ slot: KeySlot) { keys.withLock { $0[slot.shortID] = nil } }

    func store(_ key: [UInt8], for draft: KeySlot.Draft) {
        keys.withLock { $0[KeySlot.shortID(of: draft.id)] = key }
    }

    func secret(for slot: KeySlot) throws(KeyError) -> SlotSecret {
        guard let key = keys.withLock({ $0[slot.shortID] }) else { throw .doesNotFit(.kind(ChipSource.kind)) }
        return SlotSecret(spreading: SecretBytes(copying: key.span), for: ChipSource.kind, salt: slot.salt)
    }
}

private struct ChipSource: KeySource {
    static let kind = KeySlot.Kind(rawValue: "chip")
    let name = KeyName.kind(kind)
    let chip = Chip.current

    static func unasked(_ interaction: UserInteraction) -> (any KeySource)? { ChipSource() }

    func open(_ slots: [KeySlot], of vault: VaultIdentity) throws(KeyError) -> Unlocked {
        try KeySlot.open(slots, Self.kind, of: vault, name: name) { (slot) throws(KeyError) in
            try chip.secret(for: slot)
        }
    }

    func makeSlot(wrapping vaultKey: borrowing VaultKey, _ request: SlotRequest) throws(KeyError) -> KeySlot {
        let draft = KeySlot.Draft(kind: Self.kind, created: request.now, parameters: [])
        let key = Sodium.randomBytes(32)
        chip.store(key, for: draft)
        let secret = SlotSecret(spreading: SecretBytes(copying: key.span), for: Self.kind, salt: draft.salt)
        return KeySlot(draft, secret: secret, wrapping: vaultKey, of: request.vault)
    }

    func renew(_ old: KeySlot, wrapping vaultKey: borrowing VaultKey, _ request: SlotRequest)
        throws(RenewalFailure) -> NewSlot?
    {
        do throws(KeyError) {
            guard try opens(old, of: request.vault) else { throw .doesNotFit(name) }
            let (chip, new) = (chip, try makeSlot(wrapping: vaultKey, request))
            return NewSlot(
                slot: new,
                finish: {
                    chip.discard(old)
                    return nil
                },
                undo: { chip.discard(new) }
            )
        } catch {
            throw RenewalFailure(.notOpened, error)
        }
    }

    static func discard(_ slot: KeySlot, _ request: SlotRequest, _ interaction: UserInteraction) -> VaultNotice? {
        Chip.current.discard(slot)
        return nil
    }
}
