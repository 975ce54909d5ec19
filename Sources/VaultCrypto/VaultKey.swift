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
    /// The numbers are part of the vault's format. In format 1 `header` seals the state too, `names` makes the ids of
    /// tokens, and `rows` the digests of the audit trail's entries.
    package enum Purpose: UInt64, CaseIterable, Sendable {
        case header = 1
        case names, metadata, secrets, tokens, rows, log, marks
        case state, tokenIDs, logDigests, nodes, certificates
    }

    /// The subkey for one purpose.
    package borrowing func subkey(for purpose: Purpose) -> Subkey {
        Subkey(
            bytes: SecretBytes(count: Self.count) { (output: inout MutableSpan<UInt8>) in
                derive(purpose, into: &output, at: 0)
            }
        )
    }

    /// `crypto_kdf_derive_from_key`, context `isogeovt`.
    fileprivate borrowing func derive(_ purpose: Purpose, into output: inout MutableSpan<UInt8>, at place: Int) {
        precondition(place + Self.count <= output.count, "a subkey beyond its block")
        let context: [CChar] = "isogeovt".utf8.map { CChar(bitPattern: $0) }
        bytes.withBytes { key in
            unsafe output.withPointer { target in
                unsafe key.withPointer { source in
                    // The lengths are the algorithm's own; it can't fail then.
                    _ = unsafe crypto_kdf_derive_from_key(
                        target + place,
                        Self.count,
                        purpose.rawValue,
                        context,
                        source
                    )
                }
            }
        }
    }
}

/// All subkeys of a vault key, in one guarded block: making one for each costs more than what they seal.
package struct Subkeys: ~Copyable, Sendable {
    private let bytes: SecretBytes

    package init(of key: borrowing VaultKey) {
        let purposes = VaultKey.Purpose.allCases
        bytes = SecretBytes(count: VaultKey.count * purposes.count) { (output: inout MutableSpan<UInt8>) in
            for purpose in purposes { key.derive(purpose, into: &output, at: Self.range(of: purpose).lowerBound) }
        }
    }

    private static func range(of purpose: VaultKey.Purpose) -> Range<Int> {
        let start = (Int(purpose.rawValue) - 1) * VaultKey.count
        return start..<start + VaultKey.count
    }

    /// Seals `plaintext` for the place that `context` describes, as ``Subkey/seal(_:padding:authenticating:)`` does.
    package borrowing func seal(
        _ plaintext: Span<UInt8>,
        for purpose: VaultKey.Purpose,
        padding: Padding,
        authenticating context: [UInt8]
    ) -> SealedBox {
        bytes.withBytes(in: Self.range(of: purpose)) {
            SealedBox(sealing: plaintext, under: $0, padding: padding, authenticating: context)
        }
    }

    /// Opens what `seal` made with the same key, purpose, padding and context.
    ///
    /// - Throws: `CryptoError.authenticationFailed`, whatever it is that differs.
    package borrowing func open(
        _ box: [UInt8],
        for purpose: VaultKey.Purpose,
        padding: Padding,
        authenticating context: [UInt8]
    ) throws(CryptoError) -> SecretBytes {
        try bytes.withBytes(in: Self.range(of: purpose)) { (key) throws(CryptoError) in
            try SealedBox(combined: box).open(under: key, padding: padding, authenticating: context)
        }
    }

    /// A digest of 32 bytes that only the holder of the key can make.
    package borrowing func digest(of message: [UInt8], for purpose: VaultKey.Purpose) -> [UInt8] {
        bytes.withBytes(in: Self.range(of: purpose)) { KeyedHash.digest(of: message, key: $0) }
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
