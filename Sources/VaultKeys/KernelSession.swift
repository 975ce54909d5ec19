internal import CVaultLinux
internal import Glibc
package import VaultCrypto

/// The key of one session: 32 random bytes, half of what opens the vault while the session lasts.
///
/// The other half, the vault key sealed under it, is a row of the vault. The kernel keeps the key in the user keyring,
/// under a description that holds ids alone.
package struct SessionKey: ~Copyable, Sendable {
    /// What seals the vault key for the session's time.
    package let sealing: Subkey

    private init(_ bytes: consuming SecretBytes) { sealing = Subkey(bytes: bytes) }

    /// A new session's key, which nobody else has yet.
    package static func random() -> SessionKey { SessionKey(.random(count: VaultKey.count)) }

    /// Gives the kernel the key; it goes by itself after so many seconds.
    ///
    /// - Throws: `kernelKeyring`.
    package borrowing func give(toKernelAs name: SessionName, seconds: UInt32) throws(KeyError) {
        let failure = sealing.bytes.withBytes { (bytes: Span<UInt8>) in
            unsafe bytes.withUnsafeBufferPointer { buffer in
                unsafe cvault_user_key_add(name.description, buffer.baseAddress, buffer.count, seconds)
            }
        }
        guard failure == 0 else { throw .kernelKeyring(errno: failure) }
    }

    /// The key that the kernel keeps under this name; nil where there is none, or none any more.
    ///
    /// - Throws: `kernelKeyring` where the kernel doesn't let us look.
    package static func kept(byKernelAs name: SessionName) throws(KeyError) -> SessionKey? {
        var failure: Int32 = 0
        let bytes = SecretBytes(count: VaultKey.count) { (output: inout MutableSpan<UInt8>) in
            failure = unsafe output.withUnsafeMutableBufferPointer { buffer in
                unsafe cvault_user_key_read(name.description, buffer.baseAddress, buffer.count)
            }
        }
        switch failure {
        case 0: return SessionKey(bytes)
        case ENOKEY, EKEYEXPIRED, EKEYREVOKED: return nil
        default: throw .kernelKeyring(errno: failure)
        }
    }
}

/// What a session's key is called in the kernel's keyring: `isogeo-vault:VAULT:SESSION`, two ids in hexadecimal.
package struct SessionName: CustomStringConvertible, Sendable {
    package let description: String

    /// - Parameters:
    ///   - id: of the session, 16 random bytes.
    ///   - vault: the vault that it opens.
    package init(_ id: [UInt8], of vault: VaultIdentity) { description = Self.prefix(of: vault) + Hexadecimal.text(id) }

    fileprivate static func prefix(of vault: VaultIdentity) -> String { "isogeo-vault:\(Hexadecimal.text(vault.id)):" }
}

/// The kernel's keyring of this user, as far as sessions need it.
package enum KernelSession {
    /// Ends all sessions of a vault on this computer, be they of a program that died while it made one.
    ///
    /// - Returns: how many there were.
    /// - Throws: `kernelKeyring`.
    @discardableResult
    package static func revokeAll(of vault: VaultIdentity) throws(KeyError) -> Int {
        try revoke(SessionName.prefix(of: vault))
    }

    /// Ends one session.
    ///
    /// - Throws: `kernelKeyring`.
    package static func revoke(_ name: SessionName) throws(KeyError) { _ = try revoke(name.description) }

    private static func revoke(_ prefix: String) throws(KeyError) -> Int {
        var revoked: UInt32 = 0
        let failure = unsafe cvault_user_key_revoke_all(prefix, &revoked)
        guard failure == 0 else { throw .kernelKeyring(errno: failure) }
        return Int(revoked)
    }

    /// Tries whether the kernel keeps keys for us; nothing of it stays.
    ///
    /// - Throws: `kernelKeyring`.
    package static func probe() throws(KeyError) {
        let failure = unsafe cvault_user_key_probe("isogeo-vault:probe")
        guard failure == 0 else { throw .kernelKeyring(errno: failure) }
    }
}

/// Why the kernel doesn't keep a key for us, in words.
enum KernelKeyringRefusal {
    static func sentence(_ code: Int32) -> String {
        switch code {
        case EPERM, EACCES: "The kernel's keyring is closed to this program (\(describe(code)))."
        case ENOSYS: "This kernel, or the sandbox around this program, has no keyring."
        case EDQUOT: "The kernel keeps no more keys for this user: the quota is used up."
        default: "The kernel's keyring can't be used: \(describe(code))."
        }
    }

    static func remedy(_ code: Int32) -> String {
        switch code {
        case EPERM, EACCES:
            "A container's seccomp profile or a security module forbids keyctl(2): allow it, or name a key with "
                + "--key-file or --passphrase-file."
        case ENOSYS: "There are no sessions here: name a key with --key-file or --passphrase-file."
        case EDQUOT:
            "Drop keys that nobody needs (`keyctl show @u`), or have kernel.keys.maxkeys and kernel.keys.maxbytes raised."
        default: "Name a key with --key-file or --passphrase-file."
        }
    }
}
