import Testing
import VaultCrypto
import VaultSystem
import VaultTestSupport

@testable import VaultKeys

/// The slot that a recovery code opens, from the code's file to the vault key.
@Suite struct RecoverySlotTests: ~Copyable {
    private let vault = VaultIdentity(format: 1, id: [UInt8](repeating: 7, count: 16))
    private let vaultKey = VaultKey.random()
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private func code(_ byte: UInt8) -> RecoveryCode {
        RecoveryCode(copying: [UInt8](repeating: byte, count: 32).span)
    }

    private func slot(_ byte: UInt8) -> KeySlot {
        RecoverySlot.make(code(byte), wrapping: vaultKey, of: vault, now: 1_900_000_000)
    }

    private func open(_ slots: [KeySlot], with code: borrowing RecoveryCode, of vault: VaultIdentity? = nil)
        -> Result<[UInt8], KeyError>
    {
        Result { () throws(KeyError) in
            let unlocked = try RecoverySlot.open(slots, by: code, of: vault ?? self.vault, name: .kind(.recovery))
            return unlocked.takeKey().bytes.revealed
        }
    }

    @Test func `a code opens its slot and no other's`() {
        let slot = slot(1)
        #expect(slot.kind == .recovery && slot.kind.rawValue == "recovery" && slot.parameters.isEmpty)
        #expect(slot.created == 1_900_000_000 && slot.name == "recovery \(slot.shortID)")
        #expect(open([slot], with: code(1)) == .success(vaultKey.bytes.revealed))
        #expect(open([slot], with: code(2)) == .failure(.doesNotFit(.kind(.recovery))))
        let elsewhere = VaultIdentity(format: 1, id: [UInt8](repeating: 8, count: 16))
        #expect(open([slot], with: code(1), of: elsewhere) == .failure(.doesNotFit(.kind(.recovery))))
    }

    @Test func `a code makes the slot that it opens`() {
        let made = RecoverySlot.make(code(1), wrapping: vaultKey, of: vault, now: 1)
        #expect(made.kind == .recovery)
        #expect(open([made], with: code(1)) == .success(vaultKey.bytes.revealed))
    }

    @Test func `all sixteen recovery slots are tried, and none of another kind`() {
        let slots = (0..<16).map { slot($0) }
        #expect(open(slots, with: code(15)) == .success(vaultKey.bytes.revealed))
        let keyFile = KeyFileSlot.make(.random(count: 32), wrapping: vaultKey, of: vault, now: 1)
        #expect(open([keyFile], with: code(1)) == .failure(.noSlot(of: .recovery)))
        #expect(open([keyFile, slot(1)], with: code(1)) == .success(vaultKey.bytes.revealed))
    }

    @Test func `the same 32 bytes as a key file and as a code are two secrets`() {
        let bytes = [UInt8](repeating: 1, count: 32)
        let keyFile = KeyFileSlot.make(SecretBytes(copying: bytes.span), wrapping: vaultKey, of: vault, now: 1)
        let recovery = KeySlot(
            id: keyFile.id,
            kind: .recovery,
            created: keyFile.created,
            parameters: keyFile.parameters,
            salt: keyFile.salt,
            commitment: keyFile.commitment,
            wrappedKey: keyFile.wrappedKey
        )
        #expect(open([recovery], with: code(1)) == .failure(.doesNotFit(.kind(.recovery))))
    }

    @Test func `one code gives each slot another secret`() {
        let (one, other) = (slot(1), slot(1))
        #expect(one.commitment != other.commitment && one.wrappedKey != other.wrappedKey && one.salt != other.salt)
    }

    // MARK: - From a file

    private func read(_ path: String) -> Result<[UInt8], KeyError> {
        Result { () throws(KeyError) in
            let code = try RecoveryCode.read(path)
            return code.bytes.revealed
        }
    }

    @Test(arguments: ["", "\n", "\r\n", "\n\n"])
    func `a code is read from a file of ours, line end or not`(_ end: String) throws {
        let path = try folder.write(code(1).text.revealed + end.utf8, to: "code")
        #expect(read(path) == .success([UInt8](repeating: 1, count: 32)))
    }

    @Test func `a code's file is ours alone, as a key file is`() throws {
        let text = code(1).text.revealed
        let open = try folder.write(text, to: "open", mode: 0o644)
        #expect(
            read(open)
                == .failure(.unsafeFile(UnsafePath(path: open, .openToOthers(mode: 0o644)), holding: .recoveryCode))
        )
        let readOnly = try folder.write(text, to: "read-only", mode: 0o400)
        #expect(read(readOnly) == .success([UInt8](repeating: 1, count: 32)))
        let missing = folder("missing")
        #expect(read(missing) == .failure(.unreadable(path: missing, errno: .noEntry)))
        #expect(
            read(folder.path)
                == .failure(.unsafeFile(UnsafePath(path: folder.path, .directory), holding: .recoveryCode))
        )
    }

    @Test func `what a file holds instead of a code is told without its content`() throws {
        let long = try folder.write([UInt8](repeating: UInt8(ascii: "7"), count: 5000), to: "long")
        #expect(read(long) == .failure(.recoveryCodeIncomplete(characters: 1025)))
        let empty = try folder.write("", to: "empty")
        #expect(read(empty) == .failure(.recoveryCodeIncomplete(characters: 0)))
        let sentence = try folder.write("my uncle's passphrase", to: "words")
        #expect(read(sentence) == .failure(.recoveryCodeNotAlphabet(group: 1)))
    }
}
