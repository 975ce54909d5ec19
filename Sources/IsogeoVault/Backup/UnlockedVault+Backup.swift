internal import VaultCrypto
internal import VaultStore
internal import VaultSystem

extension UnlockedVault {
    /// Writes a consistent copy, without tokens, to a new file.
    ///
    /// - Throws: `damaged` before anything is written; `exists`; what the store throws.
    func backup(to path: String, _ progress: Progress = { _, _ in }) throws(VaultError) {
        if let taken = VaultDatabase.taken(at: path) { throw VaultError(.backupExists(path: taken)) }
        do { try database.checkStructure() } catch { throw VaultError(error) }
        try withOneState { () throws(VaultError) in
            let (result, state) = try checkedState(progress)
            let damage = result.findings.filter(\.isDamage)
            guard damage.isEmpty else { throw .damaged(.findings(damage)) }
            try writeBackup(of: state, to: path)
        }
    }

    /// Copies the rows of a state that was checked, part by part, with the present header.
    private func writeBackup(of state: HeaderState, to path: String) throws(VaultError) {
        let (header, snapshot) = try read(Query(log: .all))
        guard header.state.applications == state.applications else { throw VaultError(StoreError.changedMeanwhile) }
        var failure: VaultError?
        do throws(StoreError) {
            try VaultDatabase.write(toNew: path, snapshot.header.format) { (write) throws(StoreError) in
                try write([.putHeader(snapshot.header)] + Self.rows(of: snapshot))
                do throws(VaultError) {
                    var hasRoot = false
                    try readParts(of: header.state, certificates: true) { (part) throws(VaultError) in
                        // It was whole when its boxes were opened.
                        guard part.isWhole else { throw VaultError(StoreError.changedMeanwhile) }
                        var copied = part.snapshot
                        (copied.slots, copied.log) = ([], [])
                        // Each part comes with the root.
                        if hasRoot { copied.nodes.removeAll(where: \.path.isEmpty) }
                        hasRoot = true
                        try mappingErrors { () throws(StoreError) in try write(Self.rows(of: copied)) }
                    }
                } catch {
                    failure = error
                    throw .changedMeanwhile
                }
            }
        } catch {
            if let failure { throw failure }
            if case .vaultExists(let taken) = error { throw VaultError(.backupExists(path: taken)) }
            throw VaultError(error)
        }
    }

    /// All rows, after each was opened and compared with the header.
    ///
    /// - Parameter slots: the ids of slots that may have been edited.
    /// - Returns: the rows.
    /// - Throws: `damaged`, with all findings.
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

    /// Writes a copy under a new name: other copies may be from the same second.
    ///
    /// - Returns: its path: `path`, or `path` with a number.
    private static func writeCopy(_ snapshot: Snapshot, _ path: String) throws(StoreError) -> String {
        var (copy, number) = (path, 1)
        while true {
            if VaultDatabase.taken(at: copy) == nil {
                do throws(StoreError) {
                    try write(snapshot, to: copy)
                    return copy
                } catch {
                    // Another restore took the name meanwhile.
                    guard case .vaultExists = error else { throw error }
                }
            }
            number += 1
            copy = "\(path)-\(number)"
        }
    }

    private static func write(_ snapshot: Snapshot, to path: String) throws(StoreError) {
        try VaultDatabase.write([.putHeader(snapshot.header)] + rows(of: snapshot), toNew: path)
    }

    /// The vault that `restore` replaced.
    struct Replaced {
        /// The path of its copy; nil if there was no vault.
        let kept: String?
        /// Whether it had a newer key than the backup.
        let hadNewerKey: Bool
    }

    private static func rows(of snapshot: Snapshot) -> [Mutation] {
        snapshot.slots.map(Mutation.putSlot) + snapshot.applications.map(Mutation.putApplication)
            + snapshot.certificates.map(Mutation.putCertificates) + snapshot.nodes.map(Mutation.putNode)
            + snapshot.log.map(Mutation.putLogEntry)
    }

    /// Restores this vault, a backup, to `path`.
    ///
    /// A state of the same vault at `path` is copied first, and then replaced in one transaction: programs that have it
    /// open continue with the restored state.
    ///
    /// - Parameters:
    ///   - path: the vault's place.
    ///   - copy: the path for the copy; an existing file gets a number instead.
    ///   - marks: the folder of the high-water marks, which then accept the older state.
    ///   - now: seconds since 1970.
    /// - Returns: the vault that was replaced.
    /// - Throws: `usage` for the vault's own place; `damaged` if the backup is; `exists` if another vault is at `path`.
    func restore(to path: String, keeping copy: String, marks: String?, now: Int64) throws(VaultError) -> Replaced {
        let backup = try intactSnapshot()
        let location = try mappingErrors { () throws(StoreError) in try VaultDatabase.prepare(at: path) }
        guard location != self.database.location else { throw VaultError(.restoresItself(path: location)) }
        do throws(StoreError) {
            let mark = marks.map { HighWaterMark(of: sealer.context.vault, at: location, in: $0) }
            let seen = mark?.provenGeneration(sealer) ?? 0
            let database: VaultDatabase
            do {
                database = try VaultDatabase.open(at: path)
            } catch {
                guard error.category == .noVault else { throw error }
                let place = try NewVault(at: path, until: .now + Self.makingPatience)
                let (next, state) = try restored(backup, above: seen, now: now)
                // The mark of the vault that has gone would refuse this one, where this process is killed before it
                // writes another: it goes just before. A restore that fails keeps it.
                var aside: HighWaterMark.SetAside?
                do throws(StoreError) {
                    _ = try place.create([.putHeader(next.header)] + Self.rows(of: next)) { aside = mark?.setAside() }
                } catch {
                    if let aside { mark?.putBack(aside) }
                    throw error
                }
                report.mark(next.header, state, sealer, mark)
                report([Self.restoredEvent], AuditTrail.Head(state.changes))
                return Replaced(kept: nil, hadNewerKey: false)
            }
            let current = try database.read(.everything)
            guard current.header.vaultID == backup.header.vaultID else { throw .vaultExists(path: path) }
            let kept = try Self.writeCopy(current, copy)
            let (next, state) = try restored(backup, above: max(current.header.generation, seen), now: now)
            let aside = mark?.setAside()
            do {
                try database.commit(
                    Self.removals(of: current) + Self.rows(of: next) + [.putHeader(next.header)],
                    expecting: current.header.tag
                )
            } catch {
                // Where nothing was replaced, nothing was to be kept.
                if (try? database.read())?.header.tag == current.header.tag {
                    try? FilePath.remove(kept)
                    if let aside { mark?.putBack(aside) }
                }
                throw error
            }
            report.mark(next.header, state, sealer, mark)
            report([Self.restoredEvent], AuditTrail.Head(state.changes))
            return Replaced(kept: kept, hadNewerKey: current.header.keyEpoch > next.header.keyEpoch)
        } catch {
            throw VaultError(error)
        }
    }

    private static let restoredEvent = AuditEvent(.restored)

    /// The backup's state in the present format, with an entry in its audit trail and a generation above all earlier
    /// ones.
    private func restored(_ backup: Snapshot, above generation: Int64, now: Int64) throws(StoreError)
        -> (Snapshot, HeaderState)
    {
        var next = backup
        var state: HeaderState
        if backup.header.format < .current {
            guard let present = try? sealer.state(of: backup.header),
                let resealing = try? resealed(backup, present, appending: [Self.restoredEvent], now: now)
            else { throw .damaged(path: database.location, .headerUnreadable) }
            state = resealing.state
            next.applications = resealing.applications
            next.certificates = resealing.certificates
            next.nodes = resealing.tree.records
            next.log = resealing.log
        } else {
            guard let present = try? sealer.state(of: backup.header) else {
                throw .damaged(path: database.location, .headerUnreadable)
            }
            state = present
            for case .putLogEntry(let row) in sealer.auditEntries([Self.restoredEvent], &state, oldest: [], now: now) {
                next.log.append(row)
            }
        }
        var previous = backup.header
        previous.generation = max(previous.generation, generation)
        next.header = sealer.header(state, slots: backup.header.slots, after: previous, now: now)
        next.tokens = []
        return (next, state)
    }

    private static func removals(of snapshot: Snapshot) -> [Mutation] {
        [.convert, .removeAllTokens, .removeAllSessions, .removeAllLogEntries, .removeAllNodes]
            + snapshot.applications.map { .removeApplication(id: $0.id) }
            + snapshot.slots.map { .removeSlot(id: $0.id) }
    }
}
