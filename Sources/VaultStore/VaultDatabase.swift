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

    package let file: VaultFile
    /// Where the vault lies, as sentences name it.
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
    package static func open(
        _ file: VaultFile,
        forWriting: Bool = true,
        patience: Duration = VaultDatabase.patience
    ) throws(StoreError) -> VaultDatabase {
        var connection = try Connection.open(file, writing: forWriting, patience: patience)
        try connection.transaction(.reading) { (connection: inout Connection) throws(StoreError) in
            try connection.requireSchema()
        }
        try connection.configureJournal()
        return VaultDatabase(connection)
    }

    /// Opens the vault that lies at `path`, as ``open(_:forWriting:patience:)`` does.
    package static func open(
        at path: String,
        forWriting: Bool = true,
        patience: Duration = VaultDatabase.patience
    ) throws(StoreError) -> VaultDatabase {
        try open(try VaultFile.find(path), forWriting: forWriting, patience: patience)
    }

    /// Makes a vault in one transaction: the schema, and all of `contents`.
    ///
    /// Whoever dies on the way leaves an empty file, which is no vault.
    ///
    /// - Parameters:
    ///   - file: from `VaultFile.prepare`.
    ///   - contents: a header, one slot at least, and what else belongs to the beginning.
    ///   - patience: how long the lock of another process is waited for, each time.
    /// - Returns: the open vault.
    /// - Throws: `vaultExists`, and what `open` and `commit` throw.
    package static func create(
        _ file: VaultFile,
        _ contents: [Mutation],
        patience: Duration = VaultDatabase.patience
    ) throws(StoreError) -> VaultDatabase {
        let directory = try file.openDirectory()
        try StoreError.mapping { () throws(SystemError) in try directory.makeFile(file.name) }
        var connection = try Connection.open(file, writing: true, patience: patience)
        guard !connection.isReadOnly else { throw .readOnly(path: file.path) }
        try connection.configureJournal()
        try connection.transaction(.writing) { (connection: inout Connection) throws(StoreError) in
            guard try !connection.hasSchema() else { throw .vaultExists(path: file.path) }
            try connection.makeSchema()
            for change in contents { try connection.apply(change) }
            try connection.checkSlotCount()
            _ = try connection.headerTag()
        }
        return VaultDatabase(connection)
    }

    /// One consistent state of the vault: header, slots, and what is wanted beside.
    ///
    /// - Throws: `damaged`, `replaced`, `busy`, `io`.
    package func read(_ wanted: Query = Query()) throws(StoreError) -> Snapshot {
        try connection.withLock { connection throws(StoreError) in
            try connection.transaction(.reading) { (connection: inout Connection) throws(StoreError) in
                try connection.snapshot(wanted)
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
            throw .unacceptableRecord("a change without a new header")
        }
        try connection.withLock { connection throws(StoreError) in
            try connection.sync(tokensOnly ? .full : .extra)
            try connection.transaction(.writing) { (connection: inout Connection) throws(StoreError) in
                guard try connection.headerTag() == tag else { throw .changedMeanwhile }
                for change in changes { try connection.apply(change) }
                if !tokensOnly { try connection.checkSlotCount() }
            }
        }
    }

    /// Where the leases of this vault are taken: beside it, and where it can't be written, in the folder of the user's
    /// login session.
    ///
    /// - Throws: `leasesUnavailable` where nothing can be written, `unsafePath`, `io`, `noVault`.
    package func leases() throws(StoreError) -> LockFile {
        guard isReadOnly else { return try file.leases() }
        guard let folder = Environment.value(of: "XDG_RUNTIME_DIR") else {
            throw .leasesUnavailable(path: location, nil)
        }
        return try LockFile.open(for: file, runtimeFolder: folder)
    }

    /// Walks through every page and index of the file (`PRAGMA integrity_check`).
    ///
    /// - Throws: `damaged`, with what SQLite found first.
    package func checkStructure() throws(StoreError) {
        try connection.withLock { connection throws(StoreError) in
            try connection.transaction(.reading) { (connection: inout Connection) throws(StoreError) in
                let statement = try connection.prepare("PRAGMA integrity_check(1)")
                guard try statement.step(), let finding = statement.text(0) else { return }
                guard finding == "ok" else { throw .damaged(path: connection.file.path, what: finding) }
            }
        }
    }

    /// The number that a pragma holds now; for tests.
    func setting(_ pragma: String) throws(StoreError) -> Int64 {
        try connection.withLock { connection throws(StoreError) in try connection.number("PRAGMA \(pragma)") }
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
            throw .unacceptableRecord("a vault has 1 to \(SlotLimits.count) slots")
        }
    }
}
