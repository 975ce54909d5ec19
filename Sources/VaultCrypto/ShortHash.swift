internal import CVaultSodium

/// SipHash-2-4 (`crypto_shorthash`) under a key of its own: 64 bits that tell nothing of a message without the
/// key; the only way to it is to guess the message.
package struct ShortHash: Sendable {
    private let key: [UInt8]

    /// With a new random key.
    package init() { key = Sodium.randomBytes(Int(crypto_shorthash_KEYBYTES)) }

    package func callAsFunction(_ message: Span<UInt8>) -> UInt64 {
        var hash = [UInt8](repeating: 0, count: Int(crypto_shorthash_BYTES))
        let status = unsafe message.withPointer { unsafe crypto_shorthash(&hash, $0, UInt64(message.count), key) }
        precondition(status == 0, "SipHash always works")
        return hash.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
