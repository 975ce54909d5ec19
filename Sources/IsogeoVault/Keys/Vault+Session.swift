internal import VaultKeys
internal import VaultStore

public import struct FoundationEssentials.Date

extension Vault {
    /// The longest session.
    public static let longestSession = Duration.seconds(LockedSessions.limit)

    /// Begins a session: until it ends, this user's programs open the vault without a key.
    ///
    /// Half of what opens it is a random key that the Linux kernel keeps for this user and drops in time; the other half
    /// is a row of the vault, so that neither is worth anything alone. A session that was there is replaced. It ends
    /// with its time, with ``endSession(at:)``, when a key slot is removed or changed, and when the computer restarts;
    /// not surely with a logout.
    ///
    /// - Parameters:
    ///   - duration: 1 second to ``longestSession``, in whole seconds.
    ///   - sharingUserID: whether it may be made where the user's number is shared with other systems, as in a container
    ///     without a user namespace.
    /// - Returns: when it ends.
    /// - Throws: `usage` for another duration, and where the number is shared and that isn't wanted; `unavailable` where
    ///   the kernel keeps no keys for us; what keeps the vault from being written.
    @discardableResult
    public func startSession(for duration: Duration, sharingUserID: Bool = false) async throws(VaultError) -> Date {
        let seconds = duration.components.seconds
        guard (1...LockedSessions.limit).contains(seconds) else {
            throw VaultError(.sessionDuration(days: LockedSessions.limit / 86_400))
        }
        return try await dependencies.perform { () throws(VaultError) in
            try SessionReport.current().check(sharingUserID: sharingUserID)
            let end = try contents.startSession(seconds: seconds, now: dependencies.now())
            return Date(timeIntervalSince1970: Double(end))
        }
    }

    /// Ends the session of a vault, for which no key is needed.
    ///
    /// Programs that have the vault open keep it open.
    ///
    /// - Parameter path: where it lies; nil for the standard place.
    /// - Returns: whether there was one.
    /// - Throws: `unavailable` where the kernel doesn't let us look for its key; the vault's half is gone even so.
    @discardableResult
    public static func endSession(at path: String? = nil) async throws(VaultError) -> Bool {
        try await endSession(at: path, dependencies: .real)
    }

    package static func endSession(at path: String?, dependencies: VaultDependencies) async throws(VaultError) -> Bool {
        let path = try place(path)
        let dependencies = dependencies.of(vaultAt: path)
        let ended = try await dependencies.perform { () throws(VaultError) in
            try UnlockedVault.endSessions(path, now: dependencies.now())
        }
        if ended { dependencies.log(.changed(AuditEvent(.locked))) }
        return ended
    }
}
