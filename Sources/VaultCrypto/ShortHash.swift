internal import CVaultSodium

/// SipHash-2-4 (`crypto_shorthash`) under a key of its own: 64 bits that tell nothing of a message without the
/// key; the only way to it is to guess the message.
package struct ShortHash: Sendable {
    private let key: [UInt8]

    /// With a new random key.
    package init() { key = Sodium.randomBytes(Int(crypto_shorthash_KEYBYTES)) }

    package func callAsFunction(_ message: Span<UInt8>) -> UInt64 {
        // As long as `crypto_shorthash_BYTES`; an array would be allocated for each of thousands of messages.
        var hash: UInt64 = 0
        let status = unsafe withUnsafeMutablePointer(to: &hash) { hash in
            unsafe hash.withMemoryRebound(to: UInt8.self, capacity: MemoryLayout<UInt64>.size) { output in
                unsafe message.withPointer { unsafe crypto_shorthash(output, $0, UInt64(message.count), key) }
            }
        }
        precondition(status == 0, "SipHash always works")
        return hash
    }
}
