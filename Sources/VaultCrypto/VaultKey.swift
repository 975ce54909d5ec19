internal import CVaultSodium

/// The one random key of a vault.
///
/// It seals nothing itself: each purpose has a subkey of its own.
package struct VaultKey: ~Copyable, Sendable {
    /// The length of a vault key and of each subkey, in bytes.
    package static let count = Int(crypto_kdf_KEYBYTES)

    package let bytes: SecretBytes

    /// Takes over 32 bytes as a vault key.
    package init(_ bytes: consuming SecretBytes) throws(CryptoError) {
        guard bytes.count == Self.count else { throw .wrongLength(expected: Self.count, found: bytes.count) }
        self.bytes = bytes
    }

    private init(random: Void) { bytes = .random(count: Self.count) }

    /// A new vault key.
    package static func random() -> VaultKey { VaultKey(random: ()) }

    /// What a subkey is for.
    ///
    /// The numbers are part of the vault's format.
    package enum Purpose: UInt64, CaseIterable, Sendable {
        case header = 1
        case names, metadata, secrets, tokens, rowHash, log, marks
    }

    /// The subkey for one purpose (`crypto_kdf_derive_from_key`, context `isogeovt`).
    package borrowing func subkey(for purpose: Purpose) -> Subkey {
        let context: [CChar] = "isogeovt".utf8.map { CChar(bitPattern: $0) }
        return Subkey(
            bytes: SecretBytes(count: Self.count) { (output: inout MutableSpan<UInt8>) in
                bytes.withBytes { key in
                    unsafe output.withPointer { target in
                        unsafe key.withPointer { source in
                            // The lengths are the algorithm's own; it can't fail then.
                            _ = unsafe crypto_kdf_derive_from_key(
                                target,
                                Self.count,
                                purpose.rawValue,
                                context,
                                source
                            )
                        }
                    }
                }
            }
        )
    }
}

/// A key for one purpose: it seals and opens, or tags.
package struct Subkey: ~Copyable, Sendable {
    package let bytes: SecretBytes

    /// Takes over 32 bytes as a key.
    package init(bytes: consuming SecretBytes) {
        precondition(bytes.count == VaultKey.count, "a key of another length")
        self.bytes = bytes
    }
}
