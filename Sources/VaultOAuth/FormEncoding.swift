internal import VaultCrypto

/// `application/x-www-form-urlencoded` as RFC 6749 Appendix B prescribes it.
enum FormEncoding {
    /// What stands for itself: letters, digits, `-`, `.`, `_` and `*`.
    static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "*"):
            true
        default: false
        }
    }

    /// Whether the encoded text differs from the plain one.
    static func changes(_ bytes: Span<UInt8>) -> Bool {
        for index in bytes.indices where !isUnreserved(bytes[index]) { return true }
        return false
    }

    /// Gives each byte of the encoded text.
    static func encode(_ bytes: Span<UInt8>, _ body: (UInt8) -> Void) {
        for index in bytes.indices {
            let byte = bytes[index]
            if isUnreserved(byte) {
                body(byte)
            } else if byte == UInt8(ascii: " ") {
                body(UInt8(ascii: "+"))
            } else {
                body(UInt8(ascii: "%"))
                body(hexadecimalDigit(byte >> 4))
                body(hexadecimalDigit(byte & 0x0F))
            }
        }
    }

    /// The encoded text of something that is no secret.
    static func encode(_ text: String) -> [UInt8] {
        var encoded: [UInt8] = []
        encode(Array(text.utf8).span) { encoded.append($0) }
        return encoded
    }

    /// The encoded text of a secret, in guarded memory.
    static func encode(secret bytes: Span<UInt8>) -> SecretBytes {
        SecretBytes(capacity: 3 * bytes.count) { (output: inout OutputSpan<UInt8>) in
            encode(bytes) { output.append($0) }
        }
    }

    private static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }
}
