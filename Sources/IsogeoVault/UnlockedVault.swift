internal import Synchronization
internal import VaultCrypto
internal import VaultKeys
internal import VaultStore

/// A vault's records with the key that opens them: the header is authenticated before any row is trusted.
///
/// All of its functions block: call them under `BlockingExecutor`.
final class UnlockedVault: Sendable {
    let database: VaultDatabase
    let sealer: RecordSealer
    /// The slot that opened the vault, by its id.
    let openedBy: [UInt8]

    /// Serializes the writing of tokens in this process: a hundred that arrive at once would otherwise all retry, as
    /// each commit changes the header that the others have read.
    let storing = Mutex(())

    /// The slots that didn't match the header when the vault was opened.
    let alteredSlots: [AlteredSlot]
    /// The highest generation that was seen of the vault here; nil where none is kept.
    let mark: HighWaterMark?
    /// Is called with the events of each committed change, so that the log says what the audit trail says.
    let report: Reporting
    /// The header when the vault was opened.
    let openedHeader: HeaderRecord
    let openedState: HeaderState

    /// Reports events that were written into the audit trail, and how it ends now.
    struct Reporting: Sendable {
        var events: @Sendable ([AuditEvent], AuditTrail.Head) -> Void = { _, _ in }
        var warn: @Sendable (VaultNotice) -> Void = { _ in }

        func callAsFunction(_ events: [AuditEvent], _ head: AuditTrail.Head) { self.events(events, head) }
    }

    /// A vault that was just made.
    init(
        _ database: VaultDatabase,
        _ header: HeaderRecord,
        _ state: HeaderState,
        sealer: consuming RecordSealer,
        openedBy: [UInt8],
        marks: String?,
        reporting report: Reporting
    ) {
        mark = marks.map { HighWaterMark(of: sealer.context.vault, at: database.location, in: $0) }
        openedHeader = header
        openedState = state
        self.database = database
        self.sealer = sealer
        self.openedBy = openedBy
        self.report = report
        alteredSlots = []
    }

    private init(
        _ database: VaultDatabase,
        _ snapshot: Snapshot,
        sealer: consuming RecordSealer,
        openedBy: [UInt8],
        marks: String?,
        reporting report: Reporting
    ) throws(VaultError) {
        mark = marks.map { HighWaterMark(of: sealer.context.vault, at: database.location, in: $0) }
        let header = try Self.check(snapshot, sealer, openedBy: openedBy)
        openedHeader = header.record
        openedState = header.state
        alteredSlots = header.alteredSlots
        self.database = database
        self.sealer = sealer
        self.openedBy = openedBy
        self.report = report
    }

    /// Opens the vault at `path`; `unlock` is called only when there is one.
    ///
    /// - Parameters:
    ///   - path: where it lies.
    ///   - forWriting: false never writes, not even to undo what a writer left that died.
    ///   - now: seconds since 1970; it also decides which sessions have expired.
    ///   - marks: the folder of high-water marks.
    ///   - report: is called with the events that are written into the audit trail.
    ///   - patience: how long the lock of another process is waited for, each time.
    ///   - rereads: whether `unlock` reads its key anew each time, so that it may try again.
    ///   - unlock: opens one of the slots.
    /// - Returns: the vault, its header authenticated.
    /// - Throws: `noVault`, `damaged`, `configuration`, what `unlock` throws.
    static func open(
        _ path: String,
        forWriting: Bool = true,
        now: Int64,
        marks: String? = nil,
        reporting report: Reporting = Reporting(),
        patience: Duration = VaultDatabase.patience,
        rereads: Bool = false,
        _ unlock: (LockedSlots) throws(VaultError) -> Unlocked
    ) throws(VaultError) -> UnlockedVault {
        let (database, snapshot) = try mappingErrors { () throws(StoreError) in
            try VaultDatabase.open(at: path, forWriting: forWriting, patience: patience, reading: Query(sessions: true))
        }
        func open(_ snapshot: Snapshot) throws(VaultError) -> UnlockedVault {
            let slots = LockedSlots(
                slots: snapshot.slots.map(KeySlot.init),
                altered: alteredSlots(snapshot),
                vault: snapshot.vault,
                sessions: LockedSessions(snapshot, now: now)
            )
            return try UnlockedVault(database, snapshot, try unlock(slots), marks: marks, reporting: report)
        }
        do throws(VaultError) {
            return try open(snapshot)
        } catch {
            // `rekey` writes the vault and then the key file: one of them may have been read before, the other after.
            guard error.code == .locked, let present = try? database.read(Query(sessions: true)),
                rereads || present.header.keyEpoch != snapshot.header.keyEpoch
            else { throw error }
            return try open(present)
        }
    }

    /// A vault with its key.
    ///
    /// - Throws: `damaged` where the key doesn't authenticate the header.
    convenience init(
        _ database: VaultDatabase,
        _ snapshot: Snapshot,
        _ unlocked: consuming Unlocked,
        marks: String? = nil,
        reporting report: Reporting = Reporting()
    ) throws(VaultError) {
        let slot = unlocked.slot
        let sealer = RecordSealer(
            unlocked.takeKey(),
            vault: snapshot.vault,
            keyEpoch: snapshot.header.keyEpoch
        )
        try self.init(database, snapshot, sealer: sealer, openedBy: slot, marks: marks, reporting: report)
    }

    /// An authenticated header.
    struct CheckedHeader {
        let record: HeaderRecord
        let state: HeaderState
        /// The slots that don't match the header: edited, added or removed by another program.
        let alteredSlots: [AlteredSlot]
    }

    /// Reads, and authenticates the header, which covers slots and applications by their digests.
    ///
    /// Of application rows, no more is read than the header says that there is.
    func read(_ wanted: Query = Query()) throws(VaultError) -> (header: CheckedHeader, snapshot: Snapshot) {
        // Where rows are limited by the header, it is authenticated before they are read.
        let checked = Mutex<CheckedHeader?>(nil)
        let snapshot: Snapshot
        do {
            snapshot = try database.read(wanted) { [self] in
                guard let header = try? Self.check($0, sealer, openedBy: openedBy) else { return nil }
                checked.withLock { $0 = header }
                return header.state.limit
            }
        } catch {
            throw VaultError(error)
        }
        if let header = checked.withLock({ $0 }) { return (header, snapshot) }
        return (try Self.check(snapshot, sealer, openedBy: openedBy), snapshot)
    }

    /// Authenticates the header of a snapshot, and all slots by it.
    ///
    /// - Throws: `damaged`; `locked` when the vault's key has changed; `tryAgain` for another vault.
    private static func check(_ snapshot: Snapshot, _ sealer: borrowing RecordSealer, openedBy: [UInt8])
        throws(VaultError) -> CheckedHeader
    {
        let header = snapshot.header
        guard header.vaultID == sealer.context.vault.id else { throw VaultError(StoreError.changedMeanwhile) }
        guard header.keyEpoch == sealer.context.keyEpoch else {
            throw VaultError(.keyChanged)
        }
        guard sealer.authenticates(header) else { throw .damaged(.headerEdited) }
        let altered = alteredSlots(snapshot)
        guard !altered.contains(where: { $0.id == openedBy }) else {
            throw .damaged(.openingSlotEdited)
        }
        do {
            let state = try sealer.state(of: header)
            return CheckedHeader(record: header, state: state, alteredSlots: altered)
        } catch {
            throw .damaged(.headerUnreadable)
        }
    }

    private static func alteredSlots(_ snapshot: Snapshot) -> [AlteredSlot] {
        let slots = snapshot.slots.map(KeySlot.init)
        let entries = snapshot.header.slots.entries
        let foreign = slots.filter { !entries.contains($0.digestEntry) }
        let gone = entries.filter { entry in !slots.contains { $0.id == entry.id } }
        return foreign.map { AlteredSlot(id: $0.id, kind: $0.kind) } + gone.map { AlteredSlot(id: $0.id, kind: nil) }
    }
}

/// A key slot that doesn't match the header.
package struct AlteredSlot: Sendable {
    let id: [UInt8]
    /// Nil for a slot whose row is gone.
    let kind: KeySlot.Kind?
}
