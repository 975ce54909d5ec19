package import VaultCrypto
internal import VaultSystem

/// The key of one session: 32 random bytes, half of what opens the vault while the session lasts.
///
/// The other half, the vault key sealed under it, is a row of the vault. The kernel keeps the key in the user keyring,
/// under a description that holds ids alone.
package struct SessionKey: ~Copyable, Sendable {
    /// What seals the vault key for the session's time.
    package let sealing: Subkey

    private init(_ bytes: consuming SecretBytes) { sealing = Subkey(bytes: bytes) }

    /// A new session's key.
    package static func random() -> SessionKey { SessionKey(.random(count: VaultKey.count)) }

    /// Gives the kernel the key; it goes by itself after so many seconds.
    ///
    /// - Throws: `kernelKeyring`.
    package borrowing func give(toKernelAs name: SessionName, seconds: UInt32) throws(KeyError) {
        do throws(Errno) {
            try sealing.bytes.withBytes { (bytes: Span<UInt8>) throws(Errno) in
                try KernelKeyring.add(name.description, bytes, seconds: seconds)
            }
        } catch {
            throw .kernelKeyring(errno: error)
        }
    }

    /// The key that the kernel keeps under this name; nil where there is none, or none any more.
    ///
    /// - Throws: `kernelKeyring` where the kernel doesn't let us look.
    package static func kept(byKernelAs name: SessionName) throws(KeyError) -> SessionKey? {
        var isThere = false
        do throws(Errno) {
            let bytes = try SecretBytes(count: VaultKey.count) { (output: inout MutableSpan<UInt8>) throws(Errno) in
                isThere = try KernelKeyring.read(name.description, into: &output)
            }
            return isThere ? SessionKey(bytes) : nil
        } catch {
            throw .kernelKeyring(errno: error)
        }
    }
}

/// What a session's key is called in the kernel's keyring: `isogeo-vault:VAULT:SESSION`, two ids in hexadecimal.
package struct SessionName: CustomStringConvertible, Sendable {
    package let description: String

    /// - Parameters:
    ///   - id: of the session, 16 random bytes.
    ///   - vault: the vault that it opens.
    package init(_ id: [UInt8], of vault: VaultIdentity) {
        description = Self.prefix(of: vault) + HexadecimalDigits.text(id)
    }

    fileprivate static func prefix(of vault: VaultIdentity) -> String {
        "isogeo-vault:\(HexadecimalDigits.text(vault.id)):"
    }
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
        do throws(Errno) { return try KernelKeyring.revokeAll(prefix) } catch { throw .kernelKeyring(errno: error) }
    }

    /// Tries whether the kernel keeps keys for us; nothing of it stays.
    ///
    /// - Throws: `kernelKeyring`.
    package static func probe() throws(KeyError) {
        do throws(Errno) { try KernelKeyring.probe("isogeo-vault:probe") } catch { throw .kernelKeyring(errno: error) }
    }
}
