import Testing
import VaultCrypto
import VaultTestSupport

@Suite struct HashTests {
    @Test func `keyed BLAKE2b gives what Python's hashlib gives`() {
        let key = SecretBytes(copying: [UInt8](0..<32).span)
        #expect(
            KeyedHash.digest(of: Array("abc".utf8), key: key)
                == bytes("d63a32d3e44738d7907f964316c241adaba0abfeabc32349677578a15a203f7f")
        )
        #expect(
            KeyedHash.publicDigest(of: Array("abc".utf8))
                == bytes("bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319")
        )
        #expect(
            KeyedHash.expand(key, over: [1]).revealed
                == bytes(
                    "c94fbe3bb3272a3a1fef88ba308e0aeb2df80adce92c3f6b73188bf66cadee386e481f49cb6969ccb4b1bc36bcb5df1ad7d711c49d192f9fe3907f9de33162c1"
                )
        )
    }

    @Test func `a set's digest doesn't depend on the order`() {
        let members = (0..<5).map { KeyedHash.publicDigest(of: [$0]) }
        var forwards = SetHash()
        var backwards = SetHash()
        for member in members { forwards.add(member) }
        for member in members.reversed() { backwards.add(member) }
        #expect(forwards == backwards)
    }

    @Test func `adding and taking away leaves no trace`() throws {
        var set = SetHash()
        let member = [UInt8](repeating: 255, count: 32)
        set.add(member)
        set.add(member)
        let two = set
        set.add(KeyedHash.publicDigest(of: [1]))
        set.subtract(KeyedHash.publicDigest(of: [1]))
        #expect(set == two)
        #expect(try SetHash(bytes: two.bytes) == two)
        set.subtract(member)
        set.subtract(member)
        #expect(set == SetHash())
    }

    @Test func `carries run through all 256 bits`() throws {
        var set = try SetHash(bytes: [UInt8](repeating: 255, count: 32))
        set.add([1] + [UInt8](repeating: 0, count: 31))
        #expect(set.bytes == [UInt8](repeating: 0, count: 32))
        set.subtract([1] + [UInt8](repeating: 0, count: 31))
        #expect(set.bytes == [UInt8](repeating: 255, count: 32))
    }

    @Test func `a sum of another length is refused`() {
        #expect(throws: CryptoError.wrongLength(expected: 32, found: 31)) {
            _ = try SetHash(bytes: [UInt8](repeating: 0, count: 31))
        }
    }
}
