import Testing
import VaultCrypto
import VaultTestSupport

@testable import VaultKeys

@Suite(.onItsOwnThread) struct KeySlotTests: ~Copyable {
    private let vaultKey = VaultKey.random()
    private let key = SecretBytes.random(count: 32)

    private func keyFileSlot() -> KeySlot { KeyFileSlot.make(key, wrapping: vaultKey, of: .sample, now: 1_700_000_000) }

    private func passphraseSlot(_ passphrase: borrowing Passphrase) throws -> KeySlot {
        try PassphraseSlot.make(passphrase, cost: .floor, wrapping: vaultKey, of: .sample, now: 1_700_000_000)
    }

    @Test func `a key file opens its slot, and another one doesn't`() throws {
        let slot = keyFileSlot()
        #expect(slot.kind == .keyFile && slot.created == 1_700_000_000 && slot.parameters.isEmpty)
        let opened = try slot.open(with: KeyFileSlot.secret(of: key, for: slot), of: .sample)
        #expect(opened?.revealed == vaultKey.revealed)
        let other = try slot.open(with: KeyFileSlot.secret(of: .random(count: 32), for: slot), of: .sample)
        #expect(other?.revealed == nil)
    }

    @Test func `a passphrase opens its slot, and another one doesn't`() throws {
        let passphrase = try Passphrase("correct horse")
        let slot = try passphraseSlot(passphrase)
        #expect(slot.kind == .passphrase)
        #expect(try PassphraseSlot.cost(of: slot) == .floor)
        let opened = try slot.open(with: PassphraseSlot.secret(of: passphrase, for: slot), of: .sample)
        #expect(opened?.revealed == vaultKey.revealed)
        let wrong = try PassphraseSlot.secret(of: try Passphrase("correct horsf"), for: slot)
        let other = try slot.open(with: wrong, of: .sample)
        #expect(other?.revealed == nil)
    }

    @Test func `parts have the lengths of the format, and random ones are never twice the same`() {
        let slots = (0..<20).map { _ in keyFileSlot() }
        for slot in slots {
            #expect(slot.id.count == 16 && slot.salt.count == 16)
            #expect(slot.commitment.count == 32 && slot.wrappedKey.count == 24 + 32 + 16)
        }
        #expect(Set(slots.map(\.id)).count == 20 && Set(slots.map(\.salt)).count == 20)
        #expect(Set(slots.map(\.commitment)).count == 20 && Set(slots.map(\.wrappedKey)).count == 20)
    }

    @Test(arguments: KeySlot.Part.allCases.filter { $0 != .wrappedKey })
    func `a slot whose clear part was edited doesn't open, though its secret is in hand`(_ part: KeySlot.Part) throws {
        let slot = keyFileSlot()
        let opened = try slot.edited(part).open(with: KeyFileSlot.secret(of: key, for: slot), of: .sample)
        #expect(opened?.revealed == nil)
    }

    @Test func `a damaged wrapped key behind the right commitment is named damage`() {
        let slot = keyFileSlot()
        let secret = KeyFileSlot.secret(of: key, for: slot)
        #expect(
            failure { () throws(KeyError) in try slot.edited(.wrappedKey).open(with: secret, of: .sample) }
                == .damagedSlot(slot.name)
        )
        let wrapped = slot.wrappedKey
        let short = KeySlot(
            id: slot.id,
            kind: slot.kind,
            created: slot.created,
            parameters: slot.parameters,
            salt: slot.salt,
            commitment: slot.commitment,
            wrappedKey: Array(wrapped.dropLast())
        )
        #expect(
            failure { () throws(KeyError) in try short.open(with: secret, of: .sample) } == .damagedSlot(slot.name)
        )
    }

    @Test func `a slot doesn't open another vault, nor another format of the same`() throws {
        let slot = keyFileSlot()
        let secret = KeyFileSlot.secret(of: key, for: slot)
        for vault in [
            VaultIdentity(format: 2, id: VaultIdentity.sample.id),
            VaultIdentity(format: 1, id: VaultIdentity.sample.id.flippingABit()),
        ] {
            let opened = try slot.open(with: secret, of: vault)
            #expect(opened?.revealed == nil)
        }
    }

    @Test(arguments: KeySlot.Part.allCases) func `the digest covers every part`(_ part: KeySlot.Part) {
        let slot = keyFileSlot()
        #expect(slot.digest.count == 32)
        #expect(slot.edited(part).digest != slot.digest)
    }

    @Test(
        arguments: [
            (1, 64 << 20, true), (2, 64 << 20 - 1, true), (0, 0, true), (2, 0, true),
            (11, 64 << 20, false), (2, 2048 << 20 + 1, false), (.max, .max, false), (3, 1 << 50, false),
        ] as [(UInt64, UInt64, Bool)]
    )
    func `a cost outside of floor and ceiling is refused`(_ passes: UInt64, _ memory: UInt64, _ tooLow: Bool) throws {
        // Nothing of this machine could hold what the highest of them ask for: they are refused before it is taken.
        let slot = try passphraseSlot(try Passphrase("p")).asking(passes: passes, memory: memory)
        let passphrase = try Passphrase("p")
        #expect(
            failure { () throws(KeyError) in try PassphraseSlot.secret(of: passphrase, for: slot) }
                == .costRefused(slot: slot.name, passes: passes, memory: memory, tooLow: tooLow)
        )
    }

    @Test func `a new slot isn't made below the floor either`() throws {
        let passphrase = try Passphrase("p")
        let cost = KeyDerivationCost(passes: 1, memory: 1 << 20)
        let refusal = failure { () throws(KeyError) in
            try PassphraseSlot.make(passphrase, cost: cost, wrapping: vaultKey, of: .sample, now: 0)
        }
        #expect(refusal == .costRefused(slot: "passphrase", passes: 1, memory: 1 << 20, tooLow: true))
    }

    @Test func `what doesn't fit into memory is refused instead of being killed`() throws {
        let folder = try TemporaryDirectory()
        try folder.write("MemAvailable:    65535 kB\n", to: "meminfo")
        let memory = AvailableMemory(proc: folder.path, cgroups: folder.path)
        let passphrase = try Passphrase("p")
        let salt = [UInt8](repeating: 1, count: 16)
        let refusal = failure { () throws(KeyError) in
            try PassphraseSlot.secret(of: passphrase, cost: .floor, salt: salt, slot: "s", memory: memory)
        }
        #expect(refusal == .notEnoughMemory(needed: 64 << 20, available: 65535 << 10))
        try folder.write("MemAvailable:    65536 kB\n", to: "meminfo")
        _ = try PassphraseSlot.secret(of: passphrase, cost: .floor, salt: salt, slot: "s", memory: memory)
    }

    @Test func `parameters that are no cost are damage`() throws {
        let slot = try passphraseSlot(try Passphrase("p"))
        let whole = slot.parameters
        #expect(whole.count == 24)
        for parameters in [[], Array(whole.dropLast()), whole + [0], whole + whole, [UInt8](repeating: 255, count: 24)]
        {
            let edited = slot.with(parameters: parameters)
            #expect(
                failure { () throws(KeyError) in try PassphraseSlot.cost(of: edited) } == .damagedSlot(slot.name)
            )
        }
    }

    @Test func `a slot is called by its kind and the first half of its id`() {
        let slot = KeySlot(
            id: [0x00, 0x0A, 0xFF, 0x10] + [UInt8](repeating: 1, count: 12),
            kind: .keyFile,
            created: 0,
            parameters: [],
            salt: [],
            commitment: [],
            wrappedKey: []
        )
        #expect(slot.name == "key-file 000aff10")
    }
}
