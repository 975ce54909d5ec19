/// Hexadecimal digits of what is no secret; those of secrets are VaultCrypto's, in guarded memory.
package enum HexadecimalDigits {
    private static let lower = Array("0123456789abcdef".utf8)

    /// Two lower-case digits for each byte.
    package static func text(_ bytes: [UInt8]) -> String {
        unsafe String(unsafeUninitializedCapacity: 2 * bytes.count) { buffer in
            var position = 0
            for byte in bytes {
                unsafe buffer[position] = lower[Int(byte >> 4)]
                unsafe buffer[position + 1] = lower[Int(byte & 0x0F)]
                position += 2
            }
            return position
        }
    }

    /// The bytes that an even number of digits stands for; nil for anything else.
    package static func bytes(_ text: some StringProtocol) -> [UInt8]? {
        let digits = text.utf8.compactMap(value(of:))
        guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    /// The value of a digit in either case; nil for any other byte.
    package static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
