internal import CVaultSodium

/// A passphrase: 1 … 1 024 bytes as they came, without normalisation.
package struct Passphrase: ~Copyable, Sendable {
    /// The longest that is taken, in bytes.
    package static let limit = 1024
    /// The length of a salt, in bytes.
    package static let saltCount = Int(crypto_pwhash_SALTBYTES)

    private let bytes: SecretBytes

    /// Takes over the bytes of a passphrase.
    package init(_ bytes: consuming SecretBytes) throws(CryptoError) {
        guard bytes.count > 0 else { throw .emptyPassphrase }
        guard bytes.count <= Self.limit else { throw .passphraseTooLong(limit: Self.limit) }
        self.bytes = bytes
    }

    /// Whether this is the same passphrase, as when it is asked for twice.
    package borrowing func matches(_ other: borrowing Passphrase) -> Bool { bytes.matches(other.bytes) }

    /// Why it can't be a new passphrase; nil if it can.
    ///
    /// What opens a vault already is taken as it is.
    package borrowing func faultOfNew() -> PassphraseFault? { bytes.withBytes { PassphraseFault(in: $0) } }

    /// Argon2id, version 1.3 (RFC 9106), one lane: 64 bytes.
    ///
    /// Slow on purpose: never on Swift's own threads.
    ///
    /// - Parameters:
    ///   - salt: 16 random bytes, stored with what the key opens.
    ///   - cost: refused outside of floor and ceiling before any memory is taken.
    /// - Returns: the derived key, 64 bytes.
    /// - Throws: `costBelowFloor`, `costAboveCeiling`, `wrongLength` of the salt, `derivationMemoryUnavailable`.
    package borrowing func deriveKey(salt: [UInt8], cost: KeyDerivationCost) throws(CryptoError) -> SecretBytes {
        try cost.check()
        guard salt.count == Self.saltCount else { throw .wrongLength(expected: Self.saltCount, found: salt.count) }
        return try Argon2id.derive(count: 64, from: bytes, salt: salt, cost: cost)
    }
}

/// The function with its cost unchecked: for `Passphrase` and for test vectors alone.
enum Argon2id {
    static func derive(count: Int, from passphrase: borrowing SecretBytes, salt: [UInt8], cost: KeyDerivationCost)
        throws(CryptoError) -> SecretBytes
    {
        try passphrase.withBytes { passphrase throws(CryptoError) in
            try SecretBytes(count: count) { (output: inout MutableSpan<UInt8>) throws(CryptoError) in
                let status = unsafe output.withPointer { target in
                    unsafe passphrase.withPointer { source in
                        unsafe crypto_pwhash(
                            target,
                            UInt64(count),
                            UnsafeRawPointer(source).assumingMemoryBound(to: CChar.self),
                            UInt64(passphrase.count),
                            salt,
                            cost.passes,
                            Int(cost.memory),
                            crypto_pwhash_ALG_ARGON2ID13
                        )
                    }
                }
                guard status == 0 else { throw .derivationMemoryUnavailable(cost.memory) }
            }
        }
    }
}
