internal import VaultCrypto
internal import VaultOAuth
internal import VaultSystem

/// What this process could do for the secrets in its memory; each of it depends on the computer, or on what else the
/// program has done before.
public struct VaultGuarantees: Sendable, Hashable {
    /// Whether all memory of secrets so far is locked, so that it can't be swapped out.
    ///
    /// It isn't where RLIMIT_MEMLOCK is used up.
    public let secretsAreLocked: Bool
    /// Whether what libcurl frees is wiped; nil before the first request by it.
    ///
    /// It isn't where something else in the process, such as URLSession, had initialised libcurl before.
    public let requestsAreWiped: Bool?
    /// Whether `SSLKEYLOGFILE` is set: then libcurl is asked for nothing, since it would write down what decrypts the
    /// connection.
    public let keysAreLogged: Bool
}

extension Vault {
    /// What holds for the secrets in this process, now.
    public static var guarantees: VaultGuarantees {
        VaultGuarantees(
            secretsAreLocked: SecretBytes.allLocked,
            requestsAreWiped: CurlTransport.wipesMemoryIfOpened,
            keysAreLogged: Environment.hasValue("SSLKEYLOGFILE")
        )
    }
}
