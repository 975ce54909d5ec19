internal import VaultCrypto
internal import VaultKeys
internal import VaultStore

extension UnlockedVault {
    /// How long to wait for another process that makes the vault.
    static let makingPatience = Duration.seconds(30)

    /// Makes a vault with one slot and its first applications, in one transaction, under a lease.
    ///
    /// The slot's key is stored and read back first, so that no vault exists without its key.
    ///
    /// - Parameters:
    ///   - path: where; missing folders are made.
    ///   - protection: the first slot.
    ///   - applications: the first applications.
    ///   - notes: further events for the audit trail.
    ///   - marks: the folder of high-water marks.
    ///   - report: is called with the events that were written into the audit trail.
    ///   - now: seconds since 1970.
    /// - Returns: the vault, open.
    /// - Throws: `exists` when there is a vault by then; what is wrong with the place or the key.
    static func make(
        at path: String,
        protection: borrowing Protection,
        applications: borrowing NewApplications,
        noting notes: [AuditEvent] = [],
        marks: String? = nil,
        reporting report: Reporting = Reporting(),
        now: Int64
    ) throws(VaultError) -> UnlockedVault {
        let place = try mappingErrors { () throws(StoreError) in
            try NewVault(at: path, until: .now + makingPatience)
        }
        // Checked before a key is made, as another process may have made the vault while this one waited.
        guard try !exists(at: path) else { throw VaultError(StoreError.vaultExists(path: place.location)) }
        let contents = try make(
            place,
            protection: protection,
            applications: applications,
            noting: notes,
            marks: marks,
            reporting: report,
            now: now
        )
        contents.report.mark(contents.openedHeader, contents.openedState, contents.sealer, contents.mark)
        return contents
    }

    private static func make(
        _ place: borrowing NewVault,
        protection: borrowing Protection,
        applications: borrowing NewApplications,
        noting notes: [AuditEvent],
        marks: String?,
        reporting report: Reporting,
        now: Int64
    ) throws(VaultError) -> UnlockedVault {
        let vault = VaultIdentity(format: RecordContext.slotVersion, id: Sodium.randomBytes(16))
        let request = SlotRequest(vault: vault, path: place.location, now: now)
        let vaultKey = VaultKey.random()
        let new = try protection.source.newSlot(wrapping: vaultKey, request)
        let slot = new.slot
        let sealer = RecordSealer(vaultKey, vault: vault, keyEpoch: 1)
        var added: [AddedApplication] = []
        for index in 0..<applications.count {
            added.append(AddedApplication(applications, at: index, replacing: nil, sealer, now: now))
        }
        let tree = ApplicationTree(added.map(\.leaf), sealer)
        var state = HeaderState()
        state.applications = .tree(tree.summary)
        guard let slots = SlotDigests([slot.digestEntry]) else { throw .damaged(.firstSlotMalformed) }
        let events = [AuditEvent(.created)] + added.flatMap(\.events) + notes
        let entries = sealer.auditEntries(events, &state, oldest: [], now: now)
        let header = sealer.header(state, slots: slots, after: nil, now: now)
        let rows: [Mutation] =
            [.putHeader(header), .putSlot(slot.record)] + added.flatMap(\.changes) + tree.changes + entries
        let database: VaultDatabase
        do throws(StoreError) {
            database = try place.create(rows)
        } catch {
            // Discard the key only if it is certain that no vault needs it.
            if (try? exists(at: place.location)) == false { new.undo() }
            throw VaultError(error)
        }
        report(events, AuditTrail.Head(state.changes))
        return UnlockedVault(
            database,
            header,
            state,
            sealer: sealer,
            openedBy: slot.id,
            marks: marks,
            reporting: report
        )
    }

    /// Whether a vault lies at `path`.
    ///
    /// - Throws: when a file lies there that is no vault, or that can't be used.
    static func exists(at path: String) throws(VaultError) -> Bool {
        do throws(StoreError) {
            _ = try VaultDatabase.open(at: path, forWriting: false)
            return true
        } catch {
            guard error.category == .noVault else { throw VaultError(error) }
            return false
        }
    }
}
