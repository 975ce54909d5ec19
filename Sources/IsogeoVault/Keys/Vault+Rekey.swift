internal import VaultCrypto
internal import VaultKeys
internal import VaultStore
internal import VaultSystem

/// What a vault has after it got a new key.
public struct Rekeying: Sendable {
    /// Its key slots: all have new ids.
    public let slots: [VaultStatus.Slot]
    /// The files with the keys that key files had before: they open backups from before, and this vault no more.
    public let formerKeyFiles: [String]
}

extension Vault {
    /// Gives a vault a new key: everything in it is sealed anew, in one transaction, and the old key opens nothing of it.
    ///
    /// After a leak, this and a new secret from Isogeo end what the leak is worth. It opens the vault by itself: whoever
    /// has it open, in this program or another, is refused as `locked` from then on, and opens it again. Sessions end.
    ///
    /// A key file of the user's own gets a new key, and the old one stays beside it. The desktop keyring's old key is
    /// deleted, with a warning: backups from before no longer open by it. One new recovery code takes the place of all
    /// that there are; it is shown before the vault is written.
    ///
    /// - Parameters:
    ///   - path: where it lies; nil for the standard place.
    ///   - unlocking: how it is opened; that slot stays.
    ///   - others: what opens the other slots that stay.
    ///   - dropped: the slots that go, by the beginnings of their ids.
    ///   - interaction: asks for the passphrases of slots that nothing else was said of, and shows the new recovery code;
    ///     `show` is needed where there is one.
    /// - Returns: the slots that there are now.
    /// - Throws: `usage` when nothing was said of a slot; `locked`; `damaged`, and then nothing has changed.
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
        let wishes = RekeyOptions(keeping: others, dropping: dropped, interaction: interaction)
        let path = try place(path)
        let dependencies = dependencies.of(vaultAt: path)
        return try await dependencies.perform { () throws(VaultError) in
            let (lockFile, snapshot) = try mappingErrors { () throws(StoreError) in
                let database = try VaultDatabase.open(at: path)
                guard !database.isReadOnly else { throw .readOnly(path: database.location) }
                return (try database.leases(), try database.read())
            }
            // Two at once would each put a new key into the key file.
            let lease = try UnlockedVault.makingLease(lockFile)
            let vault = VaultIdentity(format: RecordContext.format, id: snapshot.header.vaultID)
            _ = unlocking.named?.openUnfinished(snapshot.slots.map(KeySlot.init), vault)
            // Kept in hand: what opens the vault may be a descriptor, or somebody who types, and gives it once.
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
            if let warning = try contents.compareWithMark(dependencies.rollback, now: dependencies.now) {
                dependencies.warn(.unusableMark, warning)
            }
            let result = try contents.rekey(by: source, unlocking, wishes, dependencies: dependencies)
            lease.release()
            return result
        }
    }
}

/// What becomes of the key slots when the vault gets a new key.
struct RekeyOptions {
    /// What opens the other slots that stay.
    var keeping: [Unlocking] = []
    /// The slots that go.
    var dropping: [String] = []
    /// Asks for the passphrases of slots, and shows the new recovery code.
    var interaction = UserInteraction.none
}

extension UnlockedVault {
    /// Gives the vault a new key, and seals everything anew in one transaction.
    ///
    /// - Parameters:
    ///   - source: what opened the vault.
    ///   - unlocking: where that came from.
    ///   - wishes: what becomes of the other slots.
    ///   - dependencies: the clock, and who is warned.
    /// - Returns: the slots that there are then.
    /// - Throws: `usage` when nothing is said of a slot; `damaged`, `readOnly`; what the slots throw. Nothing has changed
    ///   then, and what was made for it is taken away.
    func rekey(
        by source: (any KeySource)?,
        _ unlocking: Unlocking,
        _ wishes: RekeyOptions,
        dependencies: VaultDependencies
    ) throws(VaultError) -> Rekeying {
        guard !database.isReadOnly else { throw VaultError(StoreError.readOnly(path: database.location)) }
        // Before anybody is asked for anything: a box that doesn't open ends it.
        _ = try intactSnapshot(but: wishes.dropping.isEmpty ? [] : try droppedSlots(wishes.dropping))
        let hadSessions = hasSessions
        var renewal = try SlotRenewal(self, dropping: wishes.dropping, now: dependencies.now())
        do {
            if let source { try renewal.keep(openedBy, source) }
            if let problem = try renewal.keepUnasked(dependencies.keySources, unlocking.interaction) {
                dependencies.warn(problem.sentence)
            }
            for other in wishes.keeping { try renewal.keep(by: other) }
            let kinds = dependencies.keySources
            try renewal.checkIsSettled(kinds, wishes.interaction)
            try renewal.keepTyped(kinds, wishes.interaction)
            try renewal.showReplacements(kinds, wishes.interaction)
            try write(renewal, now: dependencies.now())
        } catch {
            // What may have been written in spite of the failure needs its keys.
            if let header = try? database.read().header, header.keyEpoch == sealer.context.keyEpoch { renewal.undo() }
            throw renewal.hasShownCode ? VaultError(.shownCodeVoid(error.problem)) : error
        }
        revokeSessions(hadSessions, dependencies)
        for problem in renewal.finish() { dependencies.warn(problem) }
        return Rekeying(
            slots: renewal.slots.map(VaultStatus.Slot.init),
            formerKeyFiles: renewal.renewed.compactMap(\.formerKeyFile)
        )
    }

    private func write(_ renewal: borrowing SlotRenewal, now: Int64) throws(VaultError) {
        var last: HeaderRecord?
        do {
            try database.commit { () throws(VaultError) -> PreparedCommit<Void> in
                let (header, snapshot) = try read(.everything)
                try compare(snapshot.applications, with: header)
                guard snapshot.header.slots == renewal.basis else { throw VaultError(.slotsChanged) }
                let (changes, next) = try resealed(snapshot, header.state, renewal, now: now)
                last = next
                return PreparedCommit(changes: changes, tag: header.record.tag, result: ())
            }
        } catch {
            // An error of the last sync may come when all is written.
            guard let last, (try? database.read())?.header.tag == last.tag else { throw error }
        }
        if let last { mark?.write(last, renewal.sealer) }
        report([Self.rekeyed(renewal)])
    }

    private static func rekeyed(_ renewal: borrowing SlotRenewal) -> AuditEvent {
        AuditEvent(.rekeyed, "", .keyEpoch(renewal.sealer.context.keyEpoch))
    }

    private func resealed(
        _ snapshot: Snapshot,
        _ state: HeaderState,
        _ renewal: borrowing SlotRenewal,
        now: Int64
    ) throws(VaultError) -> (changes: [Mutation], header: HeaderRecord) {
        guard let digests = SlotDigests(renewal.slots.map(\.digestEntry)) else { throw VaultError(.noSlotLeft) }
        let resealing: Resealing
        do {
            resealing = try Resealing(
                snapshot,
                state,
                from: sealer,
                to: renewal.sealer,
                telling: [Self.rekeyed(renewal)],
                now: now
            )
        } catch {
            throw .damaged(.boxUnreadable)
        }
        let header = renewal.sealer.header(resealing.state, slots: digests, after: snapshot.header, now: now)
        let slots =
            snapshot.slots.map { Mutation.removeSlot(id: $0.id) } + renewal.slots.map { Mutation.putSlot($0.record) }
        return (resealing.changes + slots + [.putHeader(header)], header)
    }

    /// The slots that somebody names, be they edited or gone.
    func droppedSlots(_ names: [String]) throws(VaultError) -> [[UInt8]] {
        let (header, snapshot) = try read()
        let known = Self.known(header, snapshot)
        var ids: [[UInt8]] = []
        for name in names { ids.append(try Self.slot(name, among: known)) }
        return ids
    }
}
