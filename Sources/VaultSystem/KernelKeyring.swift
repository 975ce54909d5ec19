internal import CVaultLinux
internal import Glibc

/// Keys that the kernel keeps for this user: keyrings(7).
package enum KernelKeyring {
    /// Gives the kernel a key, which only programs that possess the user keyring can read, for so many seconds.
    ///
    /// It has its time-out before it can be found: wherever this process is killed, no key stays that has none.
    package static func add(_ description: String, _ secret: Span<UInt8>, seconds: UInt32) throws(Errno) {
        try check(
            unsafe secret.withUnsafeBufferPointer { buffer in
                unsafe cvault_user_key_add(description, buffer.baseAddress, buffer.count, seconds)
            }
        )
    }

    /// Copies a key that fills `bytes` exactly.
    ///
    /// - Returns: false where there is none, or none any more.
    package static func read(_ description: String, into bytes: inout MutableSpan<UInt8>) throws(Errno) -> Bool {
        let failure = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
            unsafe cvault_user_key_read(description, buffer.baseAddress, buffer.count)
        }
        if [ENOKEY, EKEYEXPIRED, EKEYREVOKED].contains(failure) { return false }
        try check(failure)
        return true
    }

    /// Revokes all keys whose descriptions begin with `prefix`.
    ///
    /// - Returns: how many there were.
    package static func revokeAll(_ prefix: String) throws(Errno) -> Int {
        var revoked: UInt32 = 0
        try check(unsafe cvault_user_key_revoke_all(prefix, &revoked))
        return Int(revoked)
    }

    /// Tries whether the kernel keeps keys for us; nothing of it stays.
    package static func probe(_ description: String) throws(Errno) {
        try check(unsafe cvault_user_key_probe(description))
    }

    private static func check(_ failure: Int32) throws(Errno) {
        guard failure == 0 else { throw Errno(failure) }
    }
}
