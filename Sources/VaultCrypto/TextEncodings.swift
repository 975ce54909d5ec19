internal import CVaultSodium

/// Base64 (RFC 4648 §4, with padding) of secrets, in guarded memory and without tables indexed by them.
package enum Base64 {
    package static func encode(_ bytes: Span<UInt8>) -> SecretBytes {
        Sodium.initialize()
        let variant = CInt(sodium_base64_VARIANT_ORIGINAL)
        let count = sodium_base64_encoded_len(bytes.count, variant)
        // libsodium counts and writes a final NUL, which is cut off again.
        var text = SecretBytes(count: count) { (output: inout MutableSpan<UInt8>) in
            unsafe output.withPointer { target in
                unsafe bytes.withPointer { source in
                    let text = unsafe UnsafeMutableRawPointer(target).assumingMemoryBound(to: CChar.self)
                    _ = unsafe sodium_bin2base64(text, count, source, bytes.count, variant)
                }
            }
        }
        text.truncate(to: count - 1)
        return text
    }
}

/// Hexadecimal digits of secrets, in guarded memory.
package enum Hexadecimal {
    /// Two lower-case digits for each byte.
    package static func encode(_ bytes: Span<UInt8>) -> SecretBytes {
        let count = bytes.count * 2 + 1
        var text = SecretBytes(count: count) { (output: inout MutableSpan<UInt8>) in
            unsafe output.withPointer { target in
                unsafe bytes.withPointer { source in
                    let text = unsafe UnsafeMutableRawPointer(target).assumingMemoryBound(to: CChar.self)
                    _ = unsafe sodium_bin2hex(text, count, source, bytes.count)
                }
            }
        }
        text.truncate(to: count - 1)
        return text
    }

    /// The bytes of an even number of digits in either case; nil for anything else.
    package static func decode(_ digits: Span<UInt8>) -> SecretBytes? {
        guard digits.count.isMultiple(of: 2) else { return nil }
        var written = 0
        let bytes = SecretBytes(count: digits.count / 2) { (output: inout MutableSpan<UInt8>) in
            unsafe output.withPointer { target in
                unsafe digits.withPointer { source in
                    let text = unsafe UnsafeRawPointer(source).assumingMemoryBound(to: CChar.self)
                    _ = unsafe sodium_hex2bin(target, digits.count / 2, text, digits.count, nil, &written, nil)
                }
            }
        }
        guard written * 2 == digits.count else { return nil }
        return bytes
    }
}
