import Testing
import VaultTestSupport

@testable import VaultCrypto

@Suite struct PassphraseTests {
    private static let cheapest = KeyDerivationCost.floor

    private func passphrase(_ text: String) throws -> Passphrase {
        try Passphrase(SecretBytes(copying: Array(text.utf8).span))
    }

    @Test(
        arguments: [
            (Array("\u{1B}[200~a\u{1B}[201~".utf8), .controlCharacter("\u{1B}")),
            (Array("two\nlines".utf8), .controlCharacter("\n")), (Array("a\t".utf8), .controlCharacter("\t")),
            (Array("a\0b".utf8), .controlCharacter("\0")), (Array("a\u{85}".utf8), .controlCharacter("\u{85}")),
            (Array("\u{FEFF}a".utf8), .byteOrderMark), ([0xFF, 0xFE, 0x61, 0], .utf16),
            ([0xFE, 0xFF, 0, 0x61], .utf16),
            ([0x61, 0, 0x62, 0], .utf16), ([0, 0x61, 0, 0x62], .utf16), ([0x61, 0xE9], .notUTF8),
        ] as [([UInt8], PassphraseFault)]
    )
    func `what couldn't be typed again is no new passphrase, and opens what has it`(
        _ bytes: [UInt8],
        _ fault: PassphraseFault
    ) throws {
        let passphrase = try Passphrase(SecretBytes(copying: bytes.span))
        let found = passphrase.faultOfNew()
        #expect(found == fault)
    }

    @Test(arguments: ["a", " a b ", "é", "日本語", "🗺️", "a\u{A0}b", "\u{AD}"])
    func `everything else is one`(_ text: String) throws {
        let found = try passphrase(text).faultOfNew()
        #expect(found == nil)
    }

    /// The first is libsodium's own (test/default/pwhash_argon2id.c), the others were computed by OpenSSL 3.5's
    /// Argon2id.
    private static let vectors: [(String, String, UInt64, UInt64, String)] = [
        (
            "b540beb016a5366524d4605156493f9874514a5aa58818cd0c6dfffaa9e90205f17b",
            "44071f6d181561670bda728d43fb79b4", 1, 1_631_659,
            "7fb72409b0987f8190c3729710e98c3f80c5a8727d425fdcde7f3644d467fe97"
                + "3f5b5fee683bd3fce812cb9ae5e9921a2d06c2f1905e4e839692f2b934b682f1"
                + "1a2fe2b90482ea5dd234863516dba6f52dc0702d324ec77d860c2e181f84472b"
                + "d7104fedce071ffa93c5309494ad51623d214447a7b2b1462dc7d5d55a1f6fd5"
                + "b54ce024118d86f0c6489d16545aaa87b6689dad9f2fb47fda9894f8e12b87d9"
                + "78b483ccd4cc5fd9595cdc7a818452f915ce2f7df95ec12b1c72e3788d473441"
                + "d884f9748eb14703c21b45d82fd667b85f5b2d98c13303b3fe76285531a826b6" + "fc0fe8e3dddecf"
        ),
        (
            "636f727265637420686f727365206261747465727920737461706c65", "000102030405060708090a0b0c0d0e0f",
            2, 65_536 << 10,
            "32559019e75cc002ebb59d666c0638c031e892eae582ace85d116a6bb09e14c0"
                + "2092a0d9b1232ef9c2efb6d8a6ccfa1d64a4f64a7a089dc3be5e2b6795a0bd72"
        ),
        (
            "c3a90078", "101112131415161718191a1b1c1d1e1f", 3, 1_024 << 10,
            "b35d605691b8f0d6726b52dd035eb5979bc734257094a5d9c56995217ad650ad"
                + "7d96b0976f5a08a4cbc9184291faac6360ecf178850e39ed6ad6e5235d6ffe2a"
        ),
    ]

    @Test(arguments: vectors)
    func `Argon2id gives what other implementations give`(
        passphrase: String,
        salt: String,
        passes: UInt64,
        memory: UInt64,
        key: String
    ) throws {
        let derived = try Argon2id.derive(
            count: key.count / 2,
            from: SecretBytes(copying: bytes(passphrase).span),
            salt: bytes(salt),
            cost: KeyDerivationCost(passes: passes, memory: memory)
        )
        #expect(derived.revealed == bytes(key))
    }

    @Test func `one passphrase, salt and cost give one key of 64 bytes`() throws {
        let salt = [UInt8](repeating: 1, count: 16)
        func key(_ text: String, _ salt: [UInt8]) throws -> [UInt8] {
            try passphrase(text).deriveKey(salt: salt, cost: Self.cheapest).revealed
        }
        let expected = try key("correct horse", salt)
        #expect(expected.count == 64)
        #expect(try key("correct horse", salt) == expected)
        #expect(try key("correct house", salt) != expected)
        #expect(try key("correct horse", [UInt8](repeating: 2, count: 16)) != expected)
    }

    @Test func `an empty passphrase and one of more than 1024 bytes are refused`() throws {
        #expect(throws: CryptoError.emptyPassphrase) { _ = try passphrase("") }
        #expect(throws: CryptoError.passphraseTooLong(limit: 1024)) {
            _ = try passphrase(String(repeating: "x", count: 1025))
        }
        _ = try passphrase(String(repeating: "x", count: 1024))
    }

    @Test(arguments: [(1, 64 << 20), (2, (64 << 20) - 1), (0, 0)] as [(UInt64, UInt64)])
    func `a cost below the floor is refused`(passes: UInt64, memory: UInt64) throws {
        let cost = KeyDerivationCost(passes: passes, memory: memory)
        #expect(throws: CryptoError.costBelowFloor(cost)) {
            _ = try passphrase("p").deriveKey(salt: [UInt8](repeating: 0, count: 16), cost: cost)
        }
    }

    @Test(arguments: [(11, 64 << 20), (2, (2 << 30) + 1), (.max, .max)] as [(UInt64, UInt64)])
    func `a cost above the ceiling is refused before memory is taken`(passes: UInt64, memory: UInt64) throws {
        let cost = KeyDerivationCost(passes: passes, memory: memory)
        #expect(throws: CryptoError.costAboveCeiling(cost)) {
            _ = try passphrase("p").deriveKey(salt: [UInt8](repeating: 0, count: 16), cost: cost)
        }
    }

    @Test func `a salt of another length is refused`() throws {
        #expect(throws: CryptoError.wrongLength(expected: 16, found: 8)) {
            _ = try passphrase("p").deriveKey(salt: [UInt8](repeating: 0, count: 8), cost: Self.cheapest)
        }
    }
}
