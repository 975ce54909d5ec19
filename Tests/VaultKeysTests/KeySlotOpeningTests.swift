import Testing
import VaultCrypto
import VaultTestSupport

@testable import VaultKeys

/// Several slots, and something in hand that opens one of them.
@Suite(.onItsOwnThread) struct KeySlotOpeningTests: ~Copyable {
    private let vaultKey = VaultKey.random()

    /// What opens a slot, in hand.
    private enum Hand: ~Copyable {
        case passphrase(Passphrase)
        case keyFile(SecretBytes)

        borrowing func open(_ slots: [KeySlot], of vault: VaultIdentity, name: KeyName) throws(KeyError) -> Unlocked {
            switch self {
            case .passphrase(let passphrase): try PassphraseSlot.open(slots, by: passphrase, of: vault, name: name)
            case .keyFile(let key): try KeyFileSlot.open(slots, by: key, of: vault, name: name)
            }
        }
    }

    private func passphrase(_ text: String) throws -> Hand { .passphrase(try Passphrase(text)) }
    private func keyFile(_ byte: UInt8) -> Hand {
        .keyFile(SecretBytes(copying: [UInt8](repeating: byte, count: 32).span))
    }

    private func slot(_ hand: borrowing Hand) throws -> KeySlot {
        switch hand {
        case .passphrase(let passphrase):
            try PassphraseSlot.make(passphrase, cost: .floor, wrapping: vaultKey, of: .sample, now: 1)
        case .keyFile(let key): KeyFileSlot.make(key, wrapping: vaultKey, of: .sample, now: 1)
        }
    }

    private func refusal(_ hand: borrowing Hand, _ slots: [KeySlot]) -> KeyError? {
        do throws(KeyError) {
            _ = try hand.open(slots, of: .sample, name: .keyFile("/way"))
            return nil
        } catch {
            return error
        }
    }

    @Test func `a passphrase and a key file each open a vault that has both`() throws {
        let slots = [try slot(passphrase("one")), try slot(keyFile(1)), try slot(passphrase("two"))]
        for (hand, index) in [("one", 0), ("two", 2)] {
            let opened = try passphrase(hand).open(slots, of: .sample, name: .keyFile("/way"))
            #expect(opened.slot == slots[index].id)
            #expect(opened.takeKey().revealed == vaultKey.revealed)
        }
        let opened = try keyFile(1).open(slots, of: .sample, name: .keyFile("/way"))
        #expect(opened.slot == slots[1].id)
        #expect(opened.takeKey().revealed == vaultKey.revealed)
    }

    @Test func `what fits no slot is told by its name`() throws {
        #expect(refusal(keyFile(2), [try slot(keyFile(1))]) == .doesNotFit(.keyFile("/way")))
        #expect(refusal(try passphrase("two"), [try slot(passphrase("one"))]) == .doesNotFit(.keyFile("/way")))
    }

    @Test func `a vault without a slot of the kind says so`() throws {
        #expect(refusal(keyFile(1), [try slot(passphrase("one"))]) == .noSlot(of: .keyFile))
        #expect(refusal(try passphrase("one"), [try slot(keyFile(1))]) == .noSlot(of: .passphrase))
        #expect(refusal(keyFile(1), []) == .noSlot(of: .keyFile))
    }

    @Test(arguments: KeySlot.Part.allCases)
    func `a slot that was edited keeps no other from opening`(_ part: KeySlot.Part) throws {
        let slots = [try slot(keyFile(1)).edited(part), try slot(keyFile(1))]
        #expect(try keyFile(1).open(slots, of: .sample, name: .keyFile("/way")).slot == slots[1].id)
    }

    @Test func `a passphrase slot with an impossible cost keeps no other from opening`() throws {
        let good = try slot(passphrase("one"))
        let slots = [good.asking(passes: 1 << 40, memory: 1 << 50), good.with(parameters: []), good]
        #expect(try passphrase("one").open(slots, of: .sample, name: .keyFile("/way")).slot == good.id)
    }

    @Test func `alone, a damaged slot is the answer`() throws {
        let slot = try slot(keyFile(1)).edited(.wrappedKey)
        #expect(refusal(keyFile(1), [slot]) == .damagedSlot(slot.name))
    }

    @Test func `four passphrase slots are tried, and no more`() throws {
        let others = try (0..<4).map { try slot(passphrase("other \($0)")) }
        let mine = try slot(passphrase("mine"))
        #expect(refusal(try passphrase("mine"), others + [mine]) == .doesNotFit(.keyFile("/way")))
        let slots = others.dropLast() + [mine, others[3]]
        #expect(try passphrase("mine").open(Array(slots), of: .sample, name: .keyFile("/way")).slot == mine.id)
    }

    @Test func `all sixteen key-file slots are tried`() throws {
        let slots = try (0..<16).map { try slot(keyFile(UInt8($0))) }
        #expect(try keyFile(15).open(slots, of: .sample, name: .keyFile("/way")).slot == slots[15].id)
    }

    @Test func `slots of kinds that are not known yet are passed over`() throws {
        let slots = [try slot(keyFile(1)).edited(.kind), try slot(keyFile(1))]
        #expect(try keyFile(1).open(slots, of: .sample, name: .keyFile("/way")).slot == slots[1].id)
    }
}
