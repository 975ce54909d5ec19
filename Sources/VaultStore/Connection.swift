internal import CVaultSQLite
internal import VaultSystem

/// SQLite's connection to one vault, opened warily, closed at the end of its life.
@safe
struct Connection: ~Copyable {
    /// How much is synced at a commit (`PRAGMA synchronous`).
    enum Durability: Int64 {
        /// The journal and the database.
        case full = 2
        /// The folder too, after the journal was removed: without it a power cut can bring the journal back and take
        /// the commit with it.
        case extra = 3
    }

    private let handle: OpaquePointer
    private let wait: UnsafeMutablePointer<LockWait>
    let file: VaultFile
    let identity: FileIdentity
    let isReadOnly: Bool
    private var durability: Durability?
    /// SQLite's count of schema changes when we last compared the schema with ours.
    private var comparedSchema: Int64?
    /// The file's format when its schema was compared.
    private(set) var format = VaultFormat.current

    private init(handle: OpaquePointer, file: VaultFile, identity: FileIdentity, patience: Duration) {
        unsafe self.handle = handle
        unsafe wait = .allocate(capacity: 1)
        unsafe wait.initialize(to: LockWait(patience: patience, file: file))
        self.file = file
        self.identity = identity
        isReadOnly = unsafe sqlite3_db_readonly(handle, "main") == 1
    }

    deinit {
        _ = unsafe sqlite3_close_v2(handle)
        unsafe wait.deinitialize(count: 1)
        unsafe wait.deallocate()
    }

    /// Connects to a file that was checked before and is compared afterwards; nothing of it has been read then.
    ///
    /// - Parameters:
    ///   - file: where it lies.
    ///   - writing: false for reading alone; true falls back to it where file or folder can't be written.
    ///   - patience: how long each lock of another process is waited for.
    /// - Returns: the connection, restricted; the schema is for `requireSchema` to compare.
    /// - Throws: `noVault`, `unsafePath`, `damaged`, `io`.
    static func open(_ file: VaultFile, writing: Bool, patience: Duration) throws(StoreError) -> Connection {
        let directory = try file.openDirectory()
        guard let before = try file.check(in: directory) else { throw .noVault(path: file.path) }
        let writable = writing && directory.canWrite() && directory.canWrite(file.name)
        var connection = try connect(to: file, before.identity, writable: writable, patience)
        // Whatever refused writing, SQLite reads instead and keeps the cause to itself. We may write, so it was a fault
        // that may have passed, such as too many open files.
        if writable, connection.isReadOnly {
            connection = try connect(to: file, before.identity, writable: writable, patience)
        }
        guard let after = try file.check(in: directory), after.identity == before.identity else {
            throw .unsafePath(UnsafePath(path: file.path, .exchanged))
        }
        try connection.harden()
        return connection
    }

    private static func connect(
        to file: VaultFile,
        _ identity: FileIdentity,
        writable: Bool,
        _ patience: Duration
    ) throws(StoreError) -> Connection {
        let access = writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY
        var opened: OpaquePointer?
        let flags = access | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let status = unsafe sqlite3_open_v2(file.path, &opened, flags, nil)
        guard status == SQLITE_OK, let handle = unsafe opened else {
            let failure = unsafe StoreError.sqlite(status, on: opened, path: file.path, .opening)
            _ = unsafe sqlite3_close_v2(opened)
            throw failure
        }
        return unsafe Connection(handle: handle, file: file, identity: identity, patience: patience)
    }

    /// Takes away what a planted file could use, before the first statement.
    private borrowing func harden() throws(StoreError) {
        for (option, value) in Self.switches {
            try check(unsafe cvault_sqlite_db_config_switch(handle, option, value), .restricting)
        }
        // The longest row that the format has is below 2 MiB and 4 KiB; nothing is ever attached.
        _ = unsafe sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, 4 << 20)
        _ = unsafe sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0)
        try check(unsafe LockWait.install(wait, on: handle), .installingBusyHandler)
        try checkJournalKind()
        // Those that don't look into the file yet.
        for pragma in ["cell_size_check = ON", "mmap_size = 0", "temp_store = MEMORY", "secure_delete = ON"] {
            try run("PRAGMA \(pragma)")
        }
    }

    /// What is switched on and off; triggers and views of a planted schema run in defensive mode too.
    private static let switches: [(CInt, CInt)] = [
        (SQLITE_DBCONFIG_DEFENSIVE, 1),
        (SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0),
        (SQLITE_DBCONFIG_ENABLE_TRIGGER, 0),
        (SQLITE_DBCONFIG_ENABLE_VIEW, 0),
        (SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0),
        (SQLITE_DBCONFIG_ENABLE_FKEY, 1),
        (SQLITE_DBCONFIG_DQS_DDL, 0),
        (SQLITE_DBCONFIG_DQS_DML, 0),
    ]

    /// Refuses a database in write-ahead mode (bytes 18 and 19 of its header are 2): the first statement would make
    /// files next to it.
    ///
    /// Anything that has no header is left to SQLite, which may have to undo an interrupted first write.
    private borrowing func checkJournalKind() throws(StoreError) {
        var start = [UInt8](repeating: 0, count: 20)
        let status = unsafe cvault_sqlite_read_start(handle, &start, 20)
        // SQLITE_IOERR_SHORT_READ: shorter than that, and zeros for the rest.
        guard status == SQLITE_IOERR | (2 << 8) || status == SQLITE_OK else {
            return try check(status, .readingHeader)
        }
        guard start.starts(with: Array("SQLite format 3\0".utf8)) else { return }
        guard start[18] == 1, start[19] == 1 else {
            throw .damaged(path: file.path, .journalMode)
        }
    }

    /// Sets what reads the file, once the schema has been compared.
    mutating func configureJournal() throws(StoreError) {
        do {
            try run("PRAGMA journal_mode = DELETE")
        } catch {
            throw explained(error)
        }
        try sync(.extra)
    }

    /// The same for a draft: half of it is never read, so that it needs no journal, and its maker syncs it once.
    borrowing func configureDraft() throws(StoreError) {
        try run("PRAGMA journal_mode = MEMORY")
        try run("PRAGMA synchronous = OFF")
    }

    /// Chooses what the next commits sync; not within a transaction.
    mutating func sync(_ wanted: Durability) throws(StoreError) {
        guard durability != wanted else { return }
        try run(wanted == .extra ? "PRAGMA synchronous = EXTRA" : "PRAGMA synchronous = FULL")
        durability = wanted
    }

    /// Runs `body`, a commit of so many changes, with a cache for the pages that they change.
    ///
    /// Ids are random, so that each row of an import lies on another page of a large vault. Where SQLite's 2 MB don't
    /// hold them they are read anew for each row, and written more than once.
    mutating func cachingPages(
        ofChanges count: Int,
        _ body: (inout Connection) throws(StoreError) -> Void
    ) throws(StoreError) {
        guard count > 500 else { return try body(&self) }
        // In KiB; 2000 is SQLite's default.
        try run("PRAGMA cache_size = -131072")
        // Where this fails the next statement fails too, and says why.
        defer { try? run("PRAGMA cache_size = -2000") }
        try body(&self)
    }

    // MARK: - Statements

    borrowing func prepare(_ text: String) throws(StoreError) -> Statement {
        unsafe try Statement(text, on: handle, path: file.path)
    }

    borrowing func run(_ text: String) throws(StoreError) { try prepare(text).run() }

    /// The one number that a statement gives.
    borrowing func number(_ text: String) throws(StoreError) -> Int64 {
        let statement = try prepare(text)
        guard try statement.step(), let number = statement.number(0) else {
            throw .damaged(path: file.path, .numberMissing)
        }
        return number
    }

    /// What a finding of `PRAGMA integrity_check` means: SQLite calls a page one, too, that the disk doesn't give.
    borrowing func failure(ofStructure finding: String) -> StoreError {
        let failure = unsafe StoreError.sqlite(SQLITE_CORRUPT, on: handle, path: file.path, .running)
        if case .sqlite = failure { return failure }
        // Behind a line that says in which database.
        let line = finding.split(separator: "\n").last ?? ""
        return .damaged(path: file.path, .structure(String(line)))
    }

    private borrowing func check(_ status: CInt, _ action: SQLiteAction) throws(StoreError) {
        guard status == SQLITE_OK else { throw unsafe .sqlite(status, on: handle, path: file.path, action) }
    }

    // MARK: - Transactions

    enum TransactionKind: String {
        case reading = "BEGIN DEFERRED"
        case writing = "BEGIN IMMEDIATE"
    }

    /// All of `body`, or nothing of it, over one state of the vault.
    ///
    /// - Throws: what `body` throws, `busy`, `noLocks`, `replaced`, `damaged` where the schema was changed since we
    ///   compared it.
    mutating func transaction<Result>(
        _ kind: TransactionKind,
        _ body: (inout Connection) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        // The first statement undoes what a journal tells of, and one may have been planted since the file was opened.
        try file.checkJournal()
        do {
            try run(kind.rawValue)
            try checkUnchanged()
            let result = try body(&self)
            try run("COMMIT")
            return result
        } catch {
            // Some failures have rolled back already; one of rolling back changes nothing: closing does it then.
            if unsafe sqlite3_get_autocommit(handle) == 0 { try? run("ROLLBACK") }
            throw explained(error)
        }
    }

    /// The same error, unless it takes missing locks for another process.
    private borrowing func explained(_ error: StoreError) -> StoreError {
        guard case .busy = error, unsafe wait.pointee.lacksLocks else { return error }
        return .noLocks(path: file.path)
    }

    /// Whether file and schema are still those that were opened; under the lock that the first statement takes.
    private mutating func checkUnchanged() throws(StoreError) {
        let schema = try number("PRAGMA schema_version")
        guard try file.currentIdentity() == identity else { throw .replaced(path: file.path) }
        guard let comparedSchema, schema != comparedSchema else { return }
        try requireSchema()
    }

    // MARK: - Schema

    /// Refuses a database whose schema isn't ours to the letter.
    mutating func requireSchema() throws(StoreError) {
        guard try hasSchema() else { throw .noVault(path: file.path) }
    }

    /// Whether there is a schema, which is ours then; false for a database in which nothing was made yet.
    mutating func hasSchema() throws(StoreError) -> Bool {
        let application = try number("PRAGMA application_id")
        let number = try number("PRAGMA user_version")
        let found = try schemaItems()
        guard !(found.isEmpty && [0, Schema.applicationID].contains(application) && number == 0) else { return false }
        guard application == Schema.applicationID else { throw .notAVault(path: file.path) }
        guard number <= VaultFormat.current.rawValue else { throw .newerFormat(path: file.path, format: number) }
        guard let format = VaultFormat(rawValue: UInt64(clamping: number)) else {
            throw .damaged(path: file.path, .unknownFormat(number))
        }
        if let difference = Schema.difference(of: found, from: format) {
            throw .damaged(path: file.path, .schemaDiffers(difference))
        }
        self.format = format
        comparedSchema = try self.number("PRAGMA schema_version")
        return true
    }

    /// What the database has, one more than ours at most: that is enough to refuse it.
    private borrowing func schemaItems() throws(StoreError) -> [Schema.Item] {
        let statement = try prepare(
            "SELECT type, name, tbl_name, sql FROM sqlite_schema LIMIT \(Schema.items(of: .current).count + 1)"
        )
        var items: [Schema.Item] = []
        while try statement.step() {
            guard let type = statement.text(0), let name = statement.text(1), let table = statement.text(2),
                let text = statement.isNull(3) ? .some(nil) : statement.text(3).map(Optional.some)
            else { throw .damaged(path: file.path, .schemaNotText) }
            items.append(Schema.Item(type: type, name: name, table: table, statement: text))
        }
        return items
    }

    /// Writes the schema of a format into an empty database; within a transaction.
    mutating func makeSchema(of format: VaultFormat) throws(StoreError) {
        for item in Schema.items(of: format) {
            if let statement = item.statement { try run(statement) }
        }
        try run("PRAGMA application_id = \(Schema.applicationID)")
        try setFormat(format)
    }

    /// Gives the file the present format, within a transaction that also writes its rows anew; nothing if it has it.
    mutating func convert() throws(StoreError) {
        guard format < .current else { return }
        for statement in Schema.converting { try run(statement) }
        try setFormat(.current)
    }

    private mutating func setFormat(_ format: VaultFormat) throws(StoreError) {
        try run("PRAGMA user_version = \(format.rawValue)")
        self.format = format
        comparedSchema = try number("PRAGMA schema_version")
    }
}
