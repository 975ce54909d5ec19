internal import VaultCrypto
internal import VaultStore
internal import VaultSystem

extension UnlockedVault {
    /// Opens every box and follows every chain.
    ///
    /// - Throws: when the vault can't be read at all; what is wrong inside is told by the result.
    func verify() throws(VaultError) -> Verification {
        do { try database.checkStructure() } catch { throw VaultError(error) }
        let (header, snapshot) = try read(.everything)
        return verification(of: snapshot, header)
    }

    private func verification(of snapshot: Snapshot, _ header: CheckedHeader) -> Verification {
        var findings = header.alteredSlots.map { Verification.Finding.slot($0.name) }
        let closed = snapshot.applications.filter { !opens($0) }.count
        if closed > 0 { findings.append(.unreadableApplications(closed)) }
        if sum(of: snapshot.applications) != header.state.applications { findings.append(.applicationsDiffer) }
        let broken = snapshot.tokens.filter { (try? sealer.token($0)) == nil && (try? sealer.note($0)) == nil }.count
        if broken > 0 { findings.append(.unreadableTokens(broken)) }
        if let finding = brokenLink(snapshot.log, header.state.audit) { findings.append(finding) }
        return Verification(
            applications: snapshot.applications.count,
            tokens: snapshot.tokens.count,
            auditEntries: snapshot.log.count,
            findings: findings
        )
    }

    private func opens(_ row: ApplicationRecord) -> Bool {
        do {
            _ = try sealer.secret(of: row, try sealer.metadata(of: row))
            return true
        } catch {
            return false
        }
    }

    // MARK: - The audit trail

    /// The audit trail, the newest entry last.
    ///
    /// - Throws: `damaged` when the chain is broken.
    func auditTrail() throws(VaultError) -> [AuditTrail.Entry] {
        let (header, snapshot) = try read(Query(log: .all))
        if let finding = brokenLink(snapshot.log, header.state.audit) { throw .damaged(.findings([finding])) }
        return snapshot.log.compactMap { row in
            (try? sealer.auditEntry(row)).map { AuditTrail.Entry(number: row.number, $0) }
        }
    }

    private func brokenLink(_ rows: [LogRecord], _ bounds: AuditBounds) -> Verification.Finding? {
        guard rows.map(\.number) == Array(bounds.oldest..<bounds.newest + 1) else { return .auditTrailHasGaps }
        var before = bounds.beforeOldest
        for row in rows {
            guard let entry = try? sealer.auditEntry(row), entry.previous == before else {
                return .auditTrailBroken(row.number)
            }
            before = sealer.digest(of: row)
        }
        return before == bounds.newestDigest ? nil : .auditTrailBroken(bounds.newest)
    }

    // MARK: - Copies

    /// Writes a consistent copy, without tokens, to a place where nothing lies yet.
    ///
    /// - Throws: `damaged` before anything is written; `exists`; what the store throws.
    func backup(to path: String) throws(VaultError) {
        let exists = VaultError(.backupExists(path: path))
        // What it is doesn't matter: somebody's, or a backup from before.
        guard !Self.isTaken(path) else { throw exists }
        let snapshot = try intactSnapshot()
        do throws(StoreError) { try Self.write(snapshot, to: path) } catch {
            if case .vaultExists = error { throw exists }
            throw VaultError(error)
        }
    }

    /// All rows, after each was opened and all were compared with the header.
    ///
    /// - Parameter slots: those that may have been edited.
    /// - Returns: the rows.
    /// - Throws: `damaged`, with all that was found.
    func intactSnapshot(but slots: [[UInt8]] = []) throws(VaultError) -> Snapshot {
        do { try database.checkStructure() } catch { throw VaultError(error) }
        let (header, snapshot) = try read(.everything)
        let known = Set(
            header.alteredSlots.filter { slots.contains($0.id) }.map { Verification.Finding.slot($0.name) }
        )
        let damage = verification(of: snapshot, header).findings.filter { $0.isDamage && !known.contains($0) }
        guard damage.isEmpty else { throw .damaged(.findings(damage)) }
        return snapshot
    }

    private static func isTaken(_ path: String) -> Bool {
        (try? FileStatus(of: path, followsLink: false)) != nil
    }

    /// Writes a copy beside others that may have been made in the same second.
    ///
    /// - Returns: its path: `path`, or with a number behind it.
    private static func writeBeside(_ snapshot: Snapshot, _ path: String) throws(StoreError) -> String {
        var (copy, number) = (path, 1)
        while true {
            if !isTaken(copy) {
                do throws(StoreError) {
                    try write(snapshot, to: copy)
                    return copy
                } catch {
                    // Another restore took the name since we looked.
                    guard case .vaultExists = error else { throw error }
                }
            }
            number += 1
            copy = "\(path)-\(number)"
        }
    }

    private static func write(_ snapshot: Snapshot, to path: String) throws(StoreError) {
        try VaultDatabase.create(at: path, [.putHeader(snapshot.header)] + rows(of: snapshot))
    }

    /// What `restore` found in the vault's place.
    struct Replaced {
        /// Where it was kept; nil when nothing lay there.
        let kept: String?
        /// Whether it had a newer key than the backup.
        let hadNewerKey: Bool
    }

    private static func rows(of snapshot: Snapshot) -> [Mutation] {
        snapshot.slots.map(Mutation.putSlot) + snapshot.applications.map(Mutation.putApplication)
            + snapshot.log.map(Mutation.putLogEntry)
    }

    /// Puts what this vault, a backup, holds into the place of the vault at `path`.
    ///
    /// Whatever lies there is copied beside it first. Where it is a state of the same vault it is replaced in one
    /// transaction, so that programs that have it open go on with what was restored.
    ///
    /// - Parameters:
    ///   - path: where.
    ///   - copy: the path of the copy; a number goes behind it where there is one already.
    ///   - marks: the folder in which is remembered what was seen of vaults; it is told that this one is older.
    ///   - now: seconds since 1970.
    /// - Returns: what lay there.
    /// - Throws: `damaged` when the backup is; `exists` when another vault lies there.
    func restore(to path: String, keeping copy: String, marks: String?, now: Int64) throws(VaultError) -> Replaced {
        let backup = try intactSnapshot()
        do throws(StoreError) {
            let location = try VaultDatabase.prepare(at: path)
            let mark = marks.map { HighWaterMark(of: sealer.context.vault, at: location, in: $0) }
            let seen = mark?.provenGeneration(sealer) ?? 0
            // One of a newer key would refuse this vault to whoever is killed before the mark is written.
            if let epoch = mark?.claimedEpoch, epoch > backup.header.keyEpoch { mark?.remove() }
            let database: VaultDatabase
            do {
                database = try VaultDatabase.open(at: path)
            } catch {
                guard error.category == .noVault else { throw error }
                let next = try restored(backup, above: seen, now: now)
                try Self.write(next, to: path)
                mark?.write(next.header, sealer)
                report([Self.restoredEvent])
                return Replaced(kept: nil, hadNewerKey: false)
            }
            let current = try database.read(.everything)
            guard current.header.vaultID == backup.header.vaultID else { throw .vaultExists(path: path) }
            let kept = try Self.writeBeside(current, copy)
            let next = try restored(backup, above: max(current.header.generation, seen), now: now)
            try database.commit(
                Self.removals(of: current) + Self.rows(of: next) + [.putHeader(next.header)],
                expecting: current.header.tag
            )
            mark?.write(next.header, sealer)
            report([Self.restoredEvent])
            return Replaced(kept: kept, hadNewerKey: current.header.keyEpoch > next.header.keyEpoch)
        } catch {
            throw VaultError(error)
        }
    }

    private static let restoredEvent = AuditEvent(.restored)

    /// The backup's state with an entry in its audit trail, and a generation above all that was there.
    private func restored(_ backup: Snapshot, above generation: Int64, now: Int64) throws(StoreError) -> Snapshot {
        guard var state = try? sealer.state(of: backup.header) else {
            throw .damaged(path: database.location, .headerUnreadable)
        }
        var next = backup
        for case .putLogEntry(let row) in sealer.auditEntries(
            [Self.restoredEvent],
            &state.audit,
            oldest: [],
            now: now
        ) {
            next.log.append(row)
        }
        var previous = backup.header
        previous.generation = max(previous.generation, generation)
        next.header = sealer.header(state, slots: backup.header.slots, after: previous, now: now)
        next.tokens = []
        return next
    }

    private static func removals(of snapshot: Snapshot) -> [Mutation] {
        [.removeAllTokens, .removeAllSessions, .removeLogEntries(through: .max)]
            + snapshot.applications.map { .removeApplication(id: $0.id) }
            + snapshot.slots.map { .removeSlot(id: $0.id) }
    }
}
