internal import CVaultSQLite
internal import Synchronization
internal import VaultSystem

/// A vault's records: read together, changed together, compared before they are changed.
///
/// It knows sealed bytes and never a key: whether they belong together is for the floor above. Every method blocks, for
/// the file system or for another process, and never runs on Swift's own threads. May be shared between threads; they
/// take turns. Isn't used across `fork`.
package final class VaultDatabase: Sendable {
    /// How long the lock of another process is waited for, each time.
    package static let patience = Duration.seconds(10)

    /// The version of SQLite that is used.
    package static var libraryVersion: String { unsafe String(cString: sqlite3_libversion()) }

    let file: VaultFile
    /// Where the vault lies: its path without links.
    package var location: String { file.path }
    /// Whether nothing can be written: file or folder don't allow it, or it wasn't wanted.
    package let isReadOnly: Bool
    private let connection: Mutex<Connection>

    private init(_ connection: consuming sending Connection) {
        file = connection.file
        isReadOnly = connection.isReadOnly
        self.connection = Mutex(connection)
    }

    /// Opens a vault, for reading alone where it can't be written.
    ///
    /// - Parameters:
    ///   - file: where it lies; checked again.
    ///   - forWriting: false never writes, not even to undo what a writer left that died.
    ///   - patience: how long the lock of another process is waited for, each time.
    /// - Returns: the open vault; its `isReadOnly` tells which way.
    /// - Throws: `noVault`, `damaged`, `notAVault`, `newerFormat`, `leftOverJournal`, `unsafePath`, `busy`, `io`.
    static func open(
        _ file: VaultFile,
        forWriting: Bool = true,
        patience: Duration = VaultDatabase.patience
    ) throws(StoreError) -> VaultDatabase {
        try open(file, forWriting: forWriting, patience: patience) { (_: inout Connection) in }.database
    }

    private static func open<Result: Sendable>(
        _ file: VaultFile,
        forWriting: Bool,
        patience: Duration,
        _ body: @Sendable (inout Connection) throws(StoreError) -> Result
    ) throws(StoreError) -> (database: VaultDatabase, result: Result) {
        var connection = try Connection.open(file, writing: forWriting, patience: patience)
        let result = try connection.transaction(.reading) { (connection: inout Connection) throws(StoreError) in
            try connection.requireSchema()
            return try body(&connection)
        }
        if !connection.isReadOnly { try connection.configureJournal() }
        return (VaultDatabase(connection), result)
    }

    /// Opens the vault that lies at `path`, as ``open(_:forWriting:patience:)`` does.
    package static func open(
        at path: String,
        forWriting: Bool = true,
        patience: Duration = VaultDatabase.patience
    ) throws(StoreError) -> VaultDatabase {
        try open(try VaultFile.find(path), forWriting: forWriting, patience: patience)
    }

    /// Opens the vault at `path`, and reads from it what few rows answer, in one transaction.
    package static func open(
        at path: String,
        forWriting: Bool = true,
        patience: Duration = VaultDatabase.patience,
        reading wanted: Query
    ) throws(StoreError) -> (VaultDatabase, Snapshot) {
        try open(try VaultFile.find(path), forWriting: forWriting, patience: patience) {
            (connection: inout Connection) throws(StoreError) in
            try connection.snapshot(wanted) { _ in RowLimit.none }
        }
    }

    /// Makes SQLite small and quick for a program with one thread that reads one vault and ends.
    ///
    /// To be called before a vault is opened.
    package static func prepareForOneReader() { cvault_sqlite_prepare_for_one_reader() }

    /// Makes a vault: the schema, and all of `contents`.
    ///
    /// A process that dies on the way leaves at most a draft under another name. What lies there and is no vault yet is
    /// replaced; only the lease of making keeps another process from doing so at the same time.
    ///
    /// - Parameters:
    ///   - file: where; from `VaultFile.prepare`.
    ///   - contents: a header, one slot at least, and what else belongs to the beginning.
    ///   - patience: how long the lock of another process is waited for, each time.
    ///   - announce: called once the vault is written, before it has its name.
    /// - Returns: the open vault.
    /// - Throws: `vaultExists`, and what `open` and `commit` throw.
    static func create(
        _ file: VaultFile,
        _ contents: [Mutation],
        patience: Duration = VaultDatabase.patience,
        announcing announce: () -> Void = {}
    ) throws(StoreError) -> VaultDatabase {
        let directory = try file.openDirectory()
        let hasName = try file.check(in: directory) != nil
        if hasName {
            do throws(StoreError) {
                // This undoes what a journal there tells of.
                _ = try open(file, patience: patience)
                throw .vaultExists(path: file.path)
            } catch {
                guard error.category == .noVault else { throw error }
            }
        } else {
            // SQLite would take it for the new file's: that of a file that has gone.
            do throws(Errno) { try directory.remove(file.journalName) } catch {
                guard error == .noEntry else { throw .io(path: file.path(of: file.journalName), .removing, error) }
            }
        }
        try write(to: file, contents.format, replacing: hasName, announcing: announce) { (write) throws(StoreError) in
            try write(contents)
        }
        return try open(file, patience: patience)
    }

    /// What keeps a vault from being written into a new file at a path, or its journal; nil where nothing does.
    package static func taken(at path: String) -> String? { VaultFile.taken(at: path) }

    /// Writes a vault into a new file.
    ///
    /// - Throws: `vaultExists` where something lies there, or a journal next to it, which SQLite would take for the new
    ///   file's; what ``create(_:_:patience:announcing:)`` throws.
    package static func write(_ contents: [Mutation], toNew path: String) throws(StoreError) {
        try write(toNew: path, contents.format) { (write) throws(StoreError) in try write(contents) }
    }

    /// Writes rows into a new vault.
    package typealias Writer = ([Mutation]) throws(StoreError) -> Void

    /// Writes a vault into a new file, piece by piece.
    ///
    /// - Parameters:
    ///   - path: where.
    ///   - format: of all rows.
    ///   - body: writes them, in one transaction.
    /// - Throws: what ``write(_:toNew:)`` throws; what `body` throws, and then nothing is there.
    package static func write(
        toNew path: String,
        _ format: VaultFormat,
        _ body: (Writer) throws(StoreError) -> Void
    ) throws(StoreError) {
        let file = try VaultFile.prepare(path)
        if let taken = VaultFile.taken(at: file.path) { throw .vaultExists(path: taken) }
        try write(to: file, format, replacing: false, body)
    }

    private static func write(
        to file: VaultFile,
        _ format: VaultFormat,
        replacing replaces: Bool,
        announcing announce: () -> Void = {},
        _ body: (Writer) throws(StoreError) -> Void
    ) throws(StoreError) {
        let draft: DraftFile
        do throws(SystemError) {
            draft = try .making(file.name, in: .walk(to: file.directory, .own))
        } catch {
            throw StoreError(error)
        }
        do throws(StoreError) {
            try fill(VaultFile(directory: file.directory, name: draft.draft), format, body)
        } catch {
            throw error.about(file.path)
        }
        announce()
        do throws(SystemError) {
            if replaces { try draft.publishReplacing() } else { try draft.publishAsNew() }
        } catch {
            throw error.errno == .exists ? .vaultExists(path: file.path) : StoreError(error)
        }
    }

    /// Makes the schema and the records, in one transaction, in an empty file that no other process knows.
    private static func fill(
        _ file: VaultFile,
        _ format: VaultFormat,
        _ body: (Writer) throws(StoreError) -> Void
    ) throws(StoreError) {
        var connection = try Connection.open(file, writing: true, patience: .zero)
        guard !connection.isReadOnly else { throw .readOnly(path: file.path) }
        try connection.configureDraft()
        try connection.transaction(.writing) { (connection: inout Connection) throws(StoreError) in
            try connection.makeSchema(of: format)
            try body { (rows) throws(StoreError) in
                for row in rows { try connection.apply(row) }
            }
            try connection.checkSlotCount()
            _ = try connection.headerTag()
        }
    }

    /// Makes the folders that are missing for a vault at `path`, 0700, after everything that is there was checked.
    ///
    /// - Returns: the location that a vault has there, whether or not one lies there.
    /// - Throws: `unsafePath`, `damaged` for a write-ahead log next to it, `io`.
    package static func prepare(at path: String) throws(StoreError) -> String { try VaultFile.prepare(path).path }

    /// One consistent state of the vault: header, slots, and what `wanted` names.
    ///
    /// - Parameters:
    ///   - wanted: what is read.
    ///   - limit: how much of the application rows is read, by the header and the slots, which it can authenticate;
    ///     nil reads nothing further. It is called where many rows may be read.
    /// - Returns: the state.
    /// - Throws: `damaged`, `replaced`, `busy`, `io`.
    package func read(
        _ wanted: Query = Query(),
        limitedBy limit: @Sendable (Snapshot) -> RowLimit? = { _ in RowLimit.none }
    ) throws(StoreError) -> Snapshot {
        try connection.withLock { connection throws(StoreError) in
            try connection.transaction(.reading) { (connection: inout Connection) throws(StoreError) in
                try connection.snapshot(wanted, limit: limit)
            }
        }
    }

    /// Writes all of `changes`, provided that the header is still the one that they are based on.
    ///
    /// Changes of tokens alone leave the header as it is, so that they don't disturb each other, and are synced a
    /// little less: a lost token is asked for again. Any other set must put a header with another tag.
    ///
    /// - Parameters:
    ///   - changes: in their order; together or not at all.
    ///   - tag: of the header that was read and authenticated.
    /// - Throws: `changedMeanwhile` where the header is another one or a token's application has gone, `nameExists`,
    ///   `unacceptableRecord`, `readOnly`, `replaced`, `busy`, `io`, `damaged`.
    package func commit(_ changes: [Mutation], expecting tag: [UInt8]) throws(StoreError) {
        guard !isReadOnly else { throw .readOnly(path: file.path) }
        let tokensOnly = changes.allSatisfy(\.isAboutTokens)
        guard tokensOnly || changes.contains(where: { $0.isHeader(replacing: tag) }) else {
            throw .unacceptableRecord(.headerMissing)
        }
        try connection.withLock { connection throws(StoreError) in
            try connection.sync(tokensOnly ? .full : .extra)
            try connection.cachingPages(ofChanges: changes.count) { connection throws(StoreError) in
                try connection.transaction(.writing) { (connection: inout Connection) throws(StoreError) in
                    guard try connection.headerTag() == tag else { throw .changedMeanwhile }
                    for change in changes { try connection.apply(change) }
                    if !tokensOnly { try connection.checkSlotCount() }
                }
            }
        }
    }

    /// Waits for a lease of this vault, or for what makes it needless.
    ///
    /// - Parameters:
    ///   - name: what is leased.
    ///   - deadline: the end of the wait.
    ///   - checking: asked after each try that failed; what it returns ends the wait, and so does its error.
    /// - Returns: the lease, or what `checking` found.
    /// - Throws: `leaseHeld` at the deadline; `leasesUnavailable` where nothing can be written; `unsafePath`, `io`,
    ///   `noVault`; what `checking` throws.
    package func lease<Found: ~Copyable>(
        _ name: LeaseName,
        until deadline: ContinuousClock.Instant,
        checking: () throws(StoreError) -> Found?
    ) throws(StoreError) -> Lease.Outcome<Found> {
        try Lease.acquire(name, in: leases(), until: deadline, checking: checking)
    }

    /// Waits for a lease of this vault.
    ///
    /// - Throws: as above.
    package func lease(_ name: LeaseName, until deadline: ContinuousClock.Instant) throws(StoreError) -> Lease {
        try Lease.acquire(name, in: leases(), until: deadline)
    }

    /// Where the leases of this vault are taken: next to it, and where it can't be written, in the folder of the user's
    /// login session.
    private func leases() throws(StoreError) -> LockFile {
        guard isReadOnly else { return try LockFile.open(nextTo: file) }
        guard let folder = Environment.value(of: "XDG_RUNTIME_DIR") else {
            throw .leasesUnavailable(path: location, nil)
        }
        return try LockFile.open(for: file, runtimeFolder: folder)
    }

    /// Walks through every page and index of the file (`PRAGMA integrity_check`).
    ///
    /// - Throws: `damaged`, with what SQLite found first; `sqlite` where the disk doesn't give a page.
    package func checkStructure() throws(StoreError) {
        try connection.withLock { connection throws(StoreError) in
            try connection.transaction(.reading) { (connection: inout Connection) throws(StoreError) in
                let statement = try connection.prepare("PRAGMA integrity_check(1)")
                guard try statement.step(), let finding = statement.text(0) else { return }
                guard finding == "ok" else { throw connection.failure(ofStructure: finding) }
            }
        }
    }

    /// The number that a pragma holds now; for tests.
    func setting(_ pragma: String) throws(StoreError) -> Int64 {
        try connection.withLock { connection throws(StoreError) in try connection.number("PRAGMA \(pragma)") }
    }
}

extension [Mutation] {
    /// The format of the header that is put.
    fileprivate var format: VaultFormat {
        for case .putHeader(let header) in self { return header.format }
        return .current
    }
}

extension Mutation {
    fileprivate func isHeader(replacing tag: [UInt8]) -> Bool {
        guard case .putHeader(let header) = self else { return false }
        return header.tag != tag
    }
}

extension Connection {
    /// Refuses to leave a vault that nothing opens, or one with more slots than are ever read.
    fileprivate borrowing func checkSlotCount() throws(StoreError) {
        guard (1...Int64(SlotLimits.count)).contains(try number("SELECT count(*) FROM slot")) else {
            throw .unacceptableRecord(.slotCount)
        }
    }
}
