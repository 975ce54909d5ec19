internal import VaultCrypto
internal import VaultKeys
internal import VaultStore
internal import VaultSystem

/// A vault's keys after it got a new key.
public struct Rekeying: Sendable {
    /// The key slots, all with new ids.
    public let slots: [VaultStatus.Slot]
    /// The files with the old keys of key files: they open older backups, and no longer this vault.
    public let formerKeyFiles: [String]
}

extension Vault {
    /// Refuses a file for a new recovery code that is there already, that no shell has expanded, or that others could
    /// exchange.
    package static func checkIsNew(codeFile path: String) throws(VaultError) {
        _ = try RecoveryCodeFile(toMake: path)
    }

    /// Gives a vault a new key: everything in it is sealed anew, in one transaction, and the old key opens none of it.
    ///
    /// After a leak, this and a new secret from Isogeo make the leaked copy worthless. The function opens the vault
    /// itself. A ``Vault`` that is open, in this program or another, throws `locked` from then on and must be opened
    /// again. Sessions end.
    ///
    /// A key file of the user's own gets a new key, and the old key is kept in a file next to it. The desktop keyring's
    /// old key is deleted, with a warning, as older backups no longer open by it. One new recovery code replaces all
    /// others; it is shown before the vault is written.
    ///
    /// - Parameters:
    ///   - path: where it lies; nil for the standard place.
    ///   - unlocking: what opens it; that slot is kept.
    ///   - others: what opens the other slots that are kept.
    ///   - dropped: the slots that are dropped, by the beginnings of their ids.
    ///   - interaction: asks for the passphrases of the remaining slots, and shows the new recovery code. A vault
    ///     with a recovery code needs its `show`.
    /// - Returns: the new slots.
    /// - Throws: `usage` for a slot that is neither kept nor dropped; `locked`; `damaged`. Nothing has changed then.
    public static func rekey(
        at path: String? = nil,
        unlocking: Unlocking = .environment,
        keeping others: [Unlocking] = [],
        dropping dropped: [String] = [],
        interaction: UserInteraction = .none
    ) async throws(VaultError) -> Rekeying {
        try await rekey(
            at: path,
            unlocking: unlocking,
            keeping: others,
            dropping: dropped,
            interaction: interaction,
            dependencies: .real
        )
    }

    package static func rekey(
        at path: String?,
        unlocking: Unlocking,
        keeping others: [Unlocking],
        dropping dropped: [String],
        interaction: UserInteraction,
        dependencies: VaultDependencies
    ) async throws(VaultError) -> Rekeying {
        let options = RekeyOptions(keeping: others, dropping: dropped, interaction: interaction)
        let path = try place(path)
        let dependencies = dependencies.of(vaultAt: path)
        return try await dependencies.perform { () throws(VaultError) in
            let (database, snapshot) = try mappingErrors { () throws(StoreError) in
                let database = try VaultDatabase.open(at: path)
                guard !database.isReadOnly else { throw .readOnly(path: database.location) }
                return (database, try database.read())
            }
            // Two processes at once would each put a new key into the key file.
            let lease = try mappingErrors { () throws(StoreError) in
                try database.lease(.making, until: .now + UnlockedVault.makingPatience)
            }
            let vault = snapshot.vault
            _ = unlocking.named?.openUnfinished(snapshot.slots.map(KeySlot.init), vault)
            // Kept for the renewal: a descriptor, or a person who types, gives a secret only once.
            var source: (any KeySource)?
            let contents = try UnlockedVault.open(
                path,
                now: dependencies.now(),
                marks: dependencies.stateFolder,
                reporting: dependencies.report
            ) {
                (locked) throws(VaultError) in
                try unlocking.openByKey(locked, dependencies.keySources, &source)
            }
            if let notice = try contents.compareWithMark(dependencies.rollback, now: dependencies.now) {
                dependencies.warn(of: notice)
            }
            let result = try contents.rekey(by: source, unlocking, options, dependencies: dependencies)
            lease.release()
            return result
        }
    }
}

/// Which key slots a vault keeps when it gets a new key.
private struct RekeyOptions {
    /// What opens the other slots that are kept.
    var keeping: [Unlocking] = []
    /// The slots that are dropped.
    var dropping: [String] = []
    /// Asks for the passphrases of slots, and shows the new recovery code.
    var interaction = UserInteraction.none
}

extension UnlockedVault {
    /// Gives the vault a new key, and seals everything anew in one transaction.
    ///
    /// - Parameters:
    ///   - source: what opened the vault.
    ///   - unlocking: how the source was named.
    ///   - options: which other slots are kept.
    ///   - dependencies: the clock, and where warnings go.
    /// - Returns: the new slots.
    /// - Throws: `usage` for a slot that is neither kept nor dropped; `damaged`; `inputOutput` for a vault that can't
    ///   be written; what the slots throw. Nothing has changed then, and the new secrets are deleted.
    fileprivate func rekey(
        by source: (any KeySource)?,
        _ unlocking: Unlocking,
        _ options: RekeyOptions,
        dependencies: VaultDependencies
    ) throws(VaultError) -> Rekeying {
        guard !database.isReadOnly else { throw VaultError(StoreError.readOnly(path: database.location)) }
        // Before a person is asked for a secret: a vault with a box that doesn't open can't be sealed anew.
        _ = try intactSnapshot(but: options.dropping.isEmpty ? [] : try droppedSlots(options.dropping))
        let hadSessions = hasSessions
        var renewal = try SlotRenewal(self, dropping: options.dropping, now: dependencies.now())
        do {
            if let source { try renewal.keep(openedBy, source) }
            if let problem = try renewal.keepUnasked(dependencies.keySources, unlocking.interaction) {
                dependencies.warn(of: .slotNotKept(problem))
            }
            for other in options.keeping { try renewal.keep(by: other) }
            let kinds = dependencies.keySources
            try renewal.checkIsSettled(kinds, options.interaction)
            try renewal.keepTyped(kinds, options.interaction)
            try renewal.showReplacements(kinds, options.interaction)
            try write(renewal, now: dependencies.now())
        } catch {
            // The commit may have succeeded in spite of the error: then the vault needs the new secrets.
            if let header = try? database.read().header, header.keyEpoch == sealer.context.keyEpoch { renewal.undo() }
            throw renewal.hasShownCode ? VaultError(.shownCodeVoid(error.problem)) : error
        }
        revokeSessions(hadSessions, dependencies)
        for notice in renewal.finish() { dependencies.warn(of: notice) }
        return Rekeying(
            slots: renewal.slots.map(VaultStatus.Slot.init),
            formerKeyFiles: renewal.renewed.compactMap(\.formerKeyFile)
        )
    }

    private func write(_ renewal: borrowing SlotRenewal, now: Int64) throws(VaultError) {
        var last: (header: HeaderRecord, state: HeaderState)?
        do {
            try database.commit { () throws(VaultError) -> PreparedCommit<Void> in
                let (header, snapshot) = try read(.everything)
                try compare(snapshot, with: header.state)
                guard snapshot.header.slots == renewal.basis else { throw VaultError(.slotsChanged) }
                let (changes, next) = try resealed(snapshot, header.state, renewal, now: now)
                last = next
                return PreparedCommit(changes: changes, tag: header.record.tag, result: ())
            }
        } catch {
            // The last sync may fail when everything has been written.
            guard let last, (try? database.read())?.header.tag == last.header.tag else { throw error }
        }
        guard let last else { return }
        report.mark(last.header, last.state, renewal.sealer, mark)
        report([Self.rekeyed(renewal)], AuditTrail.Head(last.state.changes))
    }

    private static func rekeyed(_ renewal: borrowing SlotRenewal) -> AuditEvent {
        AuditEvent(.rekeyed, "", .keyEpoch(renewal.sealer.context.keyEpoch))
    }

    private func resealed(
        _ snapshot: Snapshot,
        _ state: HeaderState,
        _ renewal: borrowing SlotRenewal,
        now: Int64
    ) throws(VaultError) -> (changes: [Mutation], next: (header: HeaderRecord, state: HeaderState)) {
        guard let digests = SlotDigests(renewal.slots.map(\.digestEntry)) else { throw VaultError(.noSlotLeft) }
        let resealing: Resealing
        do {
            resealing = try Resealing(
                snapshot,
                state,
                from: sealer,
                to: renewal.sealer,
                appending: [Self.rekeyed(renewal)],
                now: now
            )
        } catch {
            throw .damaged(.boxUnreadable)
        }
        let header = renewal.sealer.header(resealing.state, slots: digests, after: snapshot.header, now: now)
        let slots =
            snapshot.slots.map { Mutation.removeSlot(id: $0.id) } + renewal.slots.map { Mutation.putSlot($0.record) }
        return ([.removeAllSessions] + resealing.changes + slots + [.putHeader(header)], (header, resealing.state))
    }

    /// The ids of the named slots, which may be edited, or gone.
    func droppedSlots(_ names: [String]) throws(VaultError) -> [[UInt8]] {
        let (header, snapshot) = try read()
        let known = Self.known(header, snapshot)
        var ids: [[UInt8]] = []
        for name in names { ids.append(try Self.slot(name, among: known)) }
        return ids
    }
}
