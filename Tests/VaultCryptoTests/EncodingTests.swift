import Testing
import VaultCrypto
import VaultTestSupport

@Suite struct EncodingTests {
    /// RFC 4648 §10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func `Base64 as RFC 4648 has it`(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8).span).revealed == Array(encoded.utf8))
    }

    @Test func `Base64 uses the whole alphabet`() {
        #expect(Base64.encode([0xFB, 0xEF, 0xFF].span).revealed == Array("++//".utf8))
    }

    @Test func `hexadecimal digits in either case`() {
        func decoded(_ digits: String) -> [UInt8]? {
            guard let bytes = Hexadecimal.decode(Array(digits.utf8).span) else { return nil }
            return bytes.revealed
        }
        #expect(decoded("00fFA0") == [0, 255, 160])
        #expect(decoded("") == [])
        for wrong in ["0", "0g", "00 1", "é0", "0x00"] { #expect(decoded(wrong) == nil, "\(wrong)") }
    }

    @Test func `fields come back as they went in`() throws {
        var encoder = CanonicalEncoder()
        encoder.append("né")
        encoder.append(UInt64.max)
        encoder.append(Int64.min)
        encoder.append([])
        var decoder = CanonicalDecoder(encoder.bytes)
        #expect(try decoder.nextText() == "né")
        #expect(try decoder.nextNumber() == .max)
        #expect(try decoder.nextSignedNumber() == .min)
        #expect(try decoder.next() == [])
        try decoder.finish()
    }

    @Test func `where one field ends and the next begins is part of the encoding`() {
        var one = CanonicalEncoder()
        one.append("ab")
        one.append("c")
        var other = CanonicalEncoder()
        other.append("a")
        other.append("bc")
        #expect(one.bytes != other.bytes)
    }

    @Test(arguments: [[1], [1, 0, 0, 0], [255, 255, 255, 255, 1], [1, 0, 0, 0, 255]] as [[UInt8]])
    func `broken fields are refused`(bytes: [UInt8]) {
        #expect(throws: CryptoError.malformedEncoding) {
            var decoder = CanonicalDecoder(bytes)
            _ = try decoder.nextText()
        }
        #expect(throws: CryptoError.malformedEncoding) {
            var decoder = CanonicalDecoder(bytes)
            _ = try decoder.nextNumber()
        }
        #expect(throws: CryptoError.malformedEncoding) { try CanonicalDecoder(bytes).finish() }
    }
}
