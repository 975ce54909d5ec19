internal import VaultCrypto
internal import VaultKeys
internal import VaultStore

public import struct FoundationEssentials.Date

extension Vault {
    /// The longest session.
    public static let longestSession = Duration.seconds(LockedSessions.limit)

    /// Begins a session: until it ends, this user's programs open the vault without a key.
    ///
    /// One half of a session is a random key that the Linux kernel keeps for this user and drops in time; the other
    /// half is a row of the vault. Neither opens the vault alone. A new session replaces the old one. It ends with its
    /// time, with ``endSession(at:)``, when a key slot is removed or changed, and when the computer restarts; a logout
    /// may not end it.
    ///
    /// - Parameters:
    ///   - duration: 1 second to ``longestSession``, in whole seconds.
    ///   - sharingUserID: whether to begin one even where other systems have the same user number, as in a container
    ///     without a user namespace.
    /// - Returns: when it ends.
    /// - Throws: `usage` for another duration, and for a user number that others share; `unavailable` where the kernel
    ///   keeps no keys for this process; why the vault can't be written.
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

    /// Ends the session of a vault, without a key.
    ///
    /// Programs that have the vault open keep it open.
    ///
    /// - Parameter path: where it lies; nil for the standard place.
    /// - Returns: whether there was one.
    /// - Throws: `unavailable` where the kernel doesn't delete its half; the vault's half is gone even then.
    @discardableResult
    public static func endSession(at path: String? = nil) async throws(VaultError) -> Bool {
        try await endSession(at: path, dependencies: .real)
    }

    package static func endSession(at path: String?, dependencies: VaultDependencies) async throws(VaultError) -> Bool {
        let path = try place(path)
        let dependencies = dependencies.of(vaultAt: path)
        let ended = try await dependencies.perform { () throws(VaultError) in
            // Logged below, whether or not the audit trail can say so.
            let report = UnlockedVault.Reporting(
                events: { events, head in for event in events { dependencies.tellSystemLog(event, head) } },
                warn: { dependencies.warn(of: $0) }
            )
            return try UnlockedVault.endSessions(path, now: dependencies.now(), reporting: report)
        }
        if ended { dependencies.log(.changed(AuditEvent(.locked))) }
        return ended
    }
}

extension UnlockedVault {
    /// Begins a session, which replaces the present one.
    ///
    /// The kernel gets its key before the row is written: a row without a key would show a session that opens nothing,
    /// while a key without a row expires by itself. A process that is killed between the two leaves the old session.
    ///
    /// - Parameters:
    ///   - seconds: how long it lasts.
    ///   - now: seconds since 1970.
    /// - Returns: its end, in seconds since 1970.
    /// - Throws: `unavailable`; what the store throws.
    func startSession(seconds: Int64, now: Int64) throws(VaultError) -> Int64 {
        let expires = now + seconds
        let id = Sodium.randomBytes(16)
        let key = SessionKey.random()
        let row = sealer.withKey { vaultKey in
            SessionRecord(id, expires: expires, openedBy: openedBy, vaultKey, key: key, sealer.context)
        }
        let name = SessionName(id, of: sealer.context.vault)
        try mappingErrors { () throws(KeyError) in try key.give(toKernelAs: name, seconds: UInt32(clamping: seconds)) }
        do throws(VaultError) {
            let former = try change(Query(sessions: true), now: now) { (draft) throws(VaultError) in
                draft.changes = [.removeAllSessions, .putSession(row)]
                draft.events = [AuditEvent(.unlocked, "", .sessionEnd(expires))]
                draft.raisesGeneration = false
                return draft.snapshot.sessions
            }
            // Only those that were replaced, and not one that another process begins at this moment.
            for session in former { try? KernelSession.revoke(SessionName(session.id, of: sealer.context.vault)) }
        } catch {
            try? KernelSession.revoke(name)
            throw error
        }
        return expires
    }

    /// Ends all sessions, with an entry in the audit trail.
    func endSessions(now: Int64) throws(VaultError) {
        try change(Query(), now: now) { (draft) throws(VaultError) in
            draft.changes = [.removeAllSessions]
            draft.events = [AuditEvent(.locked)]
            draft.raisesGeneration = false
        }
    }

    /// Whether there are sessions, expired or not.
    var hasSessions: Bool { (try? database.read(Query(sessions: true)).sessions.isEmpty) == false }

    /// Deletes the kernel's keys of sessions, whose rows are deleted already.
    ///
    /// - Parameters:
    ///   - hadSessions: whether there were any; without, a kernel that refuses is no reason for a warning.
    ///   - dependencies: where warnings go.
    func revokeSessions(_ hadSessions: Bool, _ dependencies: VaultDependencies) {
        do throws(KeyError) { _ = try KernelSession.revokeAll(of: sealer.context.vault) } catch {
            guard hadSessions else { return }
            dependencies.warn(of: .kernelKeyStays(error))
        }
    }

    /// Ends all sessions of the vault at `path`, without a key.
    ///
    /// - Parameters:
    ///   - path: where it lies.
    ///   - now: seconds since 1970.
    ///   - report: is called with the event, if the audit trail has it.
    /// - Returns: whether there was one that hadn't expired.
    /// - Throws: `unavailable` where the kernel doesn't delete its half; the vault's half is gone even then.
    static func endSessions(_ path: String, now: Int64, reporting report: Reporting) throws(VaultError)
        -> Bool
    {
        let database: VaultDatabase
        let snapshot: Snapshot
        do throws(StoreError) {
            database = try VaultDatabase.open(at: path)
            snapshot = try database.read(Query(sessions: true))
        } catch {
            // The kernel's key is found by the vault's id, which only the vault has.
            throw VaultError(.sessionsUnknown(error))
        }
        // The audit trail can be written only with the vault's key, which the session gives as long as it lasts.
        var contents: UnlockedVault?
        if let unlocked = LockedSessions(snapshot, now: now).open() {
            contents = try? UnlockedVault(database, snapshot, unlocked, reporting: report)
        }
        let revoked = Result { () throws(KeyError) in try KernelSession.revokeAll(of: snapshot.vault) }
        if !snapshot.sessions.isEmpty, !database.isReadOnly { try removeRows(contents, database, now: now) }
        let count = try mappingErrors { () throws(KeyError) in try revoked.get() }
        return count > 0 || snapshot.sessions.contains { $0.expires > now }
    }

    private static func removeRows(_ contents: UnlockedVault?, _ database: VaultDatabase, now: Int64)
        throws(VaultError)
    {
        if let contents, (try? contents.endSessions(now: now)) != nil { return }
        try database.commit { () throws(VaultError) -> PreparedCommit<Void> in
            let tag = try mappingErrors { () throws(StoreError) in try database.read().header.tag }
            return PreparedCommit(changes: [.removeAllSessions], tag: tag, result: ())
        }
    }
}
