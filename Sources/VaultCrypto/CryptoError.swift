/// Why a cryptographic operation was refused.
///
/// Wrong keys and edited ciphertexts are one case on purpose.
package enum CryptoError: Error, Equatable {
    /// The key doesn't fit, or the bytes are not what was sealed, or not for this place.
    case authenticationFailed
    /// A key or box hasn't the length that its kind has.
    case wrongLength(expected: Int, found: Int)
    /// An empty passphrase protects nothing.
    case emptyPassphrase
    /// A passphrase longer than `limit` bytes.
    case passphraseTooLong(limit: Int)
    /// Derivation cheaper than the floor: an edited vault would make guessing cheap.
    case costBelowFloor(KeyDerivationCost)
    /// Derivation dearer than the ceiling: an edited vault would make opening it take all memory or time.
    case costAboveCeiling(KeyDerivationCost)
    /// Argon2id didn't get the memory that it needs, in bytes.
    case derivationMemoryUnavailable(UInt64)
    /// Bytes that should be a canonical encoding are not one.
    case malformedEncoding
}
