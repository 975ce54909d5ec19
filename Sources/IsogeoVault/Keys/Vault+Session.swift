internal import VaultCrypto
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

extension UnlockedVault {
    /// Makes a session, in the place of the one that there is.
    ///
    /// The kernel has its key first: a row without one would be a promise that nobody keeps, a key without a row opens
    /// nothing and goes by itself. Whoever is killed between leaves the session that there was before.
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
            // Those that were replaced, and not one that somebody makes at this moment.
            for session in former { try? KernelSession.revoke(SessionName(session.id, of: sealer.context.vault)) }
        } catch {
            try? KernelSession.revoke(name)
            throw error
        }
        return expires
    }

    /// Ends all sessions, with a word in the audit trail.
    func endSessions(now: Int64) throws(VaultError) {
        try change(Query(), now: now) { (draft) throws(VaultError) in
            draft.changes = [.removeAllSessions]
            draft.events = [AuditEvent(.locked)]
            draft.raisesGeneration = false
        }
    }

    /// Whether there are sessions, be they over.
    var hasSessions: Bool { (try? database.read(Query(sessions: true)).sessions.isEmpty) == false }

    /// Takes what sessions have in the kernel's keyring; their rows have gone with the change that ended them.
    ///
    /// - Parameters:
    ///   - hadSessions: whether there were any; a kernel that refuses is worth a word only then.
    ///   - dependencies: who is warned.
    func revokeSessions(_ hadSessions: Bool, _ dependencies: VaultDependencies) {
        do throws(KeyError) { _ = try KernelSession.revokeAll(of: sealer.context.vault) } catch {
            guard hadSessions else { return }
            dependencies.warn("The kernel may keep its half of a session until the time is up. \(error.sentence)")
        }
    }

    /// Ends all sessions of the vault at `path`: no key is needed for it.
    ///
    /// - Returns: whether there was one whose time hadn't come.
    /// - Throws: `unavailable` where the kernel doesn't let us take its half; the vault's half is gone then.
    static func endSessions(_ path: String, now: Int64) throws(VaultError) -> Bool {
        let database: VaultDatabase
        let snapshot: Snapshot
        do throws(StoreError) {
            database = try VaultDatabase.open(at: path)
            snapshot = try database.read(Query(sessions: true))
        } catch {
            // The kernel's key is found by the vault's id, which only the vault has.
            throw VaultError(.sessionsUnknown(error))
        }
        // Only whoever opens the vault can write into its audit trail, and the session does, as long as it lasts.
        var contents: UnlockedVault?
        if let unlocked = LockedSessions(snapshot, now: now).open() {
            contents = try? UnlockedVault(database, snapshot, unlocked)
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
