internal import CVaultSodium

/// Keyed BLAKE2b (`crypto_generichash`): tags, digests, commitments.
package enum KeyedHash {
    /// The usual length of a digest, in bytes.
    package static let count = Int(crypto_generichash_BYTES)

    /// A digest of `message` that only the holder of `key` (16 … 64 bytes) can make.
    package static func digest(of message: [UInt8], key: borrowing SecretBytes) -> [UInt8] {
        key.withBytes { digest(of: message, key: $0) }
    }

    /// A digest of `message` that needs no key.
    package static func publicDigest(of message: [UInt8]) -> [UInt8] { digest(of: message, key: [UInt8]().span) }

    /// 64 secret bytes that depend on all of `key` (16 … 64 bytes) and `message`.
    package static func expand(_ key: borrowing SecretBytes, over message: [UInt8]) -> SecretBytes {
        SecretBytes(count: 64) { (output: inout MutableSpan<UInt8>) in
            key.withBytes { hash(message, key: $0, into: &output) }
        }
    }

    package static func digest(of message: [UInt8], key: Span<UInt8>) -> [UInt8] {
        [UInt8](capacity: count) { output in
            output.append(repeating: 0, count: count)
            var target = output.mutableSpan
            hash(message, key: key, into: &target)
        }
    }

    private static func hash(_ message: [UInt8], key: Span<UInt8>, into target: inout MutableSpan<UInt8>) {
        Sodium.initialize()
        let count = target.count
        let status = unsafe target.withPointer { target in
            unsafe key.withPointer { start in
                unsafe crypto_generichash(target, count, message, UInt64(message.count), start, key.count)
            }
        }
        precondition(status == 0, "BLAKE2b with a key or digest of another length")
    }
}
