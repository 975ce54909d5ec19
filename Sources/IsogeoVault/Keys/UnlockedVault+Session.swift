internal import FoundationEssentials
internal import VaultCrypto
internal import VaultKeys
internal import VaultStore

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
                draft.events = [AuditEvent(.unlocked, detail: AuditEvent.end(expires))]
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

extension AuditEvent {
    /// The time at which a session ends, as the audit trail has it.
    fileprivate static func end(_ seconds: Int64) -> String {
        "until \(Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601))"
    }
}
