package import VaultCrypto
package import VaultSystem

/// Why a key slot can't be made, read or opened.
package enum KeyError: Error, Equatable {
    /// The way that was named reads well and doesn't open the vault.
    case doesNotFit(KeyName)
    /// The vault has no slot of this kind.
    case noSlot(of: KeySlot.Kind)
    /// A file of the user's can't be read, with the `errno` of the try.
    case unreadable(path: String, errno: Errno)
    /// A file that others can read or change, or that is no file.
    case unsafeFile(UnsafePath, holding: SecretFile.Content = .key)
    /// A key file holds neither 32 bytes nor 64 hexadecimal digits.
    case notAKeyFile(path: String)
    /// A key file is to be made where something stands already, or can't be made.
    case cannotWrite(path: String, errno: Errno)
    /// What was written doesn't read back as it was.
    case notReadBack(path: String)
    case emptyPassphrase(KeyName)
    case passphraseTooLong(KeyName)
    /// A new passphrase that couldn't be typed again.
    case untypeablePassphrase(KeyName, PassphraseFault)
    /// A recovery code whose groups with these numbers (1 … 13) don't check: mistyped, exchanged, or of another code.
    case recoveryCodeDamaged(groups: [Int])
    /// A recovery code with too few or too many characters, hyphens and blanks not counted.
    case recoveryCodeIncomplete(characters: Int)
    /// A recovery code with a character that none has, in the group with this number.
    case recoveryCodeNotAlphabet(group: Int)
    /// A descriptor gave nothing for the time that it had.
    case timedOut(KeyName)
    /// A pipe that the user named as a file, or standard input (`-`), gave nothing for the time that it had.
    case silentInput(path: String)
    /// A descriptor can't be read, with the `errno`.
    case badDescriptor(Int32, errno: Errno)
    /// The passphrase command ended with a status, or a signal (128 and up, as shells count).
    case commandFailed(status: Int32)
    case commandDidNotStart(errno: Errno)
    /// Argon2id's memory would not fit into what this machine or container has, in bytes.
    case notEnoughMemory(needed: UInt64, available: UInt64)
    /// The costs that a slot asks for are outside of what is accepted.
    case costRefused(slot: String, passes: UInt64, memory: UInt64, tooLow: Bool)
    /// A slot's bytes are not what such a slot has.
    case damagedSlot(String)
    /// The desktop keyring doesn't give or keep a key.
    case keyring(KeyringProblem)
    /// The kernel doesn't keep keys for us, with its `errno`.
    case kernelKeyring(errno: Errno)
}

extension KeyError {
    package init(_ error: SystemError, holding content: SecretFile.Content) {
        self =
            switch error {
            case .unsafePath(let unsafe): .unsafeFile(unsafe, holding: content)
            case .unexpectedSize(let path, _): .unreadable(path: path, errno: .fileTooLarge)
            case .failed(let path, _, let errno): .unreadable(path: path, errno: errno)
            }
    }
}
