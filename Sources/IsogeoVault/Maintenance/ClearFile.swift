internal import Glibc
internal import VaultCrypto
internal import VaultKeys

/// A file that holds a secret in clear, because somebody asked for just that.
package enum ClearFile {
    /// Makes the file, mode 0600, where nothing stands yet, from a text that is lent.
    ///
    /// - Throws: `exists`; `inputOutput`.
    package static func make(_ path: String, _ text: Span<UInt8>) throws(VaultError) {
        do {
            try SecretFile.make(path, SecretBytes(copying: text))
        } catch {
            guard error.code != EEXIST else {
                throw VaultError(
                    .exists,
                    "There is a file \(path) already.",
                    remedy: "Name one that doesn't exist yet."
                )
            }
            throw VaultError(
                .inputOutput,
                "\(path) can't be written: \(unsafe String(cString: strerror(error.code))).",
                remedy: "Name a file in a folder of yours, on a disk with room."
            )
        }
    }
}
