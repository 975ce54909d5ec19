internal import VaultCrypto
internal import VaultOAuth
internal import VaultSystem

/// How well this process protects the secrets in its memory, which depends on the computer and on the rest of the
/// program.
public struct VaultGuarantees: Sendable, Hashable {
    /// Whether all memory of secrets so far is locked, so that it can't be swapped out.
    ///
    /// False when RLIMIT_MEMLOCK is used up.
    public let secretsAreLocked: Bool
    /// Whether the memory of secrets so far is left out of the kernel's own map, so that neither a fault of the kernel
    /// nor `/proc/PID/mem` shows it.
    ///
    /// False where the kernel has no memfd_secret(2), which came with Linux 5.14 and before 6.5 takes
    /// `secretmem.enable=1`, or where RLIMIT_MEMLOCK leaves no room. While it is true, this computer can't hibernate,
    /// and a child of fork(2) can't use the vault.
    public let secretsAreHidden: Bool
    /// Whether libcurl wipes the memory that it frees; nil before its first request.
    ///
    /// False when other code in the process, such as URLSession, initialised libcurl first.
    public let requestsAreWiped: Bool?
    /// Whether `SSLKEYLOGFILE` is set: then every request by libcurl is refused, since libcurl would write down the
    /// keys of its connections.
    public let keysAreLogged: Bool
}

extension Vault {
    /// What holds for the secrets in this process, now.
    public static var guarantees: VaultGuarantees {
        VaultGuarantees(
            secretsAreLocked: SecretBytes.allLocked,
            secretsAreHidden: SecretBytes.allHidden,
            requestsAreWiped: CurlTransport.wipesMemoryIfOpened,
            keysAreLogged: Environment.hasValue("SSLKEYLOGFILE")
        )
    }
}
