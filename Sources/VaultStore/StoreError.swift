internal import CVaultSQLite
package import VaultSystem

/// Why the store refused.
///
/// No case carries a byte of what is stored: paths, numbers and names of tables alone.
package enum StoreError: Error, Equatable, Sendable {
    /// There is no vault at `path`: no file, an empty one, or one without a schema.
    case noVault(path: String)
    /// There is a vault at `path` already.
    case vaultExists(path: String)
    /// Another application has this name tag.
    case nameExists
    /// Something in the vault's files isn't as it was written.
    case damaged(path: String, Damage)
    /// The file belongs to another program: its `application_id` isn't ours.
    case notAVault(path: String)
    /// The vault was written by a later version.
    case newerFormat(path: String, format: Int64)
    /// Other users could read, replace or divert what lies at this path.
    case unsafePath(UnsafePath)
    /// A writer died here, and what it left can't be undone where nothing can be written.
    case leftOverJournal(path: String)
    /// The vault is open for reading alone.
    case readOnly(path: String)
    /// The operating system refused.
    case io(path: String, FileAction, Errno)
    /// SQLite failed, with its result code, and the operating system's where there is one.
    case sqlite(path: String, SQLiteAction, errno: Errno?, code: Int32)
    /// Another process kept the database locked for as long as we wait.
    case busy(path: String)
    /// What the change was based on isn't stored any more: read again.
    case changedMeanwhile
    /// The file at this path is another one than the one that was opened.
    case replaced(path: String)
    /// A lease was held until the end of the wait; the holder's process number, where that is known.
    case leaseHeld(holder: Int32?)
    /// There can be no lease here: read-only, or a file system without locks; no `errno` where nothing was tried.
    case leasesUnavailable(path: String, Errno?)
    /// The file system has no locks, as NFS without its lock service: no vault can be used on it.
    case noLocks(path: String)
    /// The clock's time, with which something was to be written, is out of what can be kept.
    case clockOutOfRange
    /// A record that the format doesn't allow was to be written: a programming error, or more than there is room for.
    case unacceptableRecord(UnacceptableRecord)
}

extension StoreError {
    /// What isn't as it was written.
    package enum Damage: Equatable, Sendable {
        /// A write-ahead log at this path, which no vault has.
        case writeAheadLog(path: String)
        /// The journal at this path names another file, which SQLite would delete.
        case superJournal(path: String)
        /// The header doesn't say that changes are undone by a journal.
        case journalMode
        case unknownFormat(Int64)
        /// SQLite doesn't know its header's numbers, or can't parse its schema.
        case schemaUnreadable
        /// The schema holds something else than text.
        case schemaNotText
        case schemaDiffers(SchemaDifference)
        /// A table has a row that our checks refuse.
        case table(String)
        case rowTooLong
        case numberMissing
        /// SQLite says so, by its result code.
        case sqlite(code: Int32)
        /// What SQLite's check of the structure found first, in its words.
        case structure(String)
        /// The header's box can't be opened: the floor above has the key.
        case headerUnreadable
    }

    /// The first way in which a schema isn't ours; names and types are fit for a terminal.
    package enum SchemaDifference: Equatable, Sendable {
        case missing(type: String, name: String)
        case changed(type: String, name: String)
        case foreign(type: String, name: String)
        case twice
    }

    /// Why a record can't be written.
    package enum UnacceptableRecord: Equatable, Sendable {
        case headerMissing, slotCount, valueTooLong, format
        /// One of the schema's checks, in SQLite's words.
        case check(String)
    }
}

extension StoreError {
    /// What a failure means for the user of the command.
    package enum Category: Sendable {
        case noVault, damaged, exists, inputOutput, tryAgain, configuration, `internal`
    }

    package var category: Category {
        switch self {
        case .noVault: .noVault
        case .vaultExists, .nameExists: .exists
        case .damaged: .damaged
        case .notAVault, .newerFormat, .unsafePath, .noLocks, .clockOutOfRange: .configuration
        case .io(_, _, let errno): errno.isAboutConfiguration ? .configuration : .inputOutput
        case .sqlite(_, _, let errno, _): errno?.isAboutConfiguration == true ? .configuration : .inputOutput
        case .leftOverJournal, .readOnly: .inputOutput
        case .busy, .changedMeanwhile, .replaced, .leaseHeld, .leasesUnavailable: .tryAgain
        case .unacceptableRecord: .internal
        }
    }
}

extension StoreError {
    init(_ error: SystemError) {
        self =
            switch error {
            case .unsafePath(let unsafe): .unsafePath(unsafe)
            case .unexpectedSize(let path, _): .io(path: path, .reading, .fileTooLarge)
            case .failed(let path, let action, let errno): .io(path: path, action, errno)
            }
    }

    /// The same about another path: users know the file that is made, not its draft.
    func about(_ path: String) -> StoreError {
        switch self {
        case .io(_, let action, let errno): .io(path: path, action, errno)
        case .sqlite(_, let action, let errno, let code): .sqlite(path: path, action, errno: errno, code: code)
        default: self
        }
    }

    /// Runs what the operating system may refuse.
    static func mapping<Result: ~Copyable>(_ body: () throws(SystemError) -> Result) throws(StoreError) -> Result {
        do throws(SystemError) { return try body() } catch { throw StoreError(error) }
    }
}

/// What SQLite was doing.
package enum SQLiteAction: Equatable, Sendable {
    case opening, restricting, installingBusyHandler, readingHeader, preparing, binding, running
}

extension StoreError {
    /// What a result code of SQLite means here.
    ///
    /// Of SQLite's messages only those about our own checks are kept: the others may quote a planted schema.
    static func sqlite(_ status: CInt, on connection: OpaquePointer?, path: String, _ action: SQLiteAction)
        -> StoreError
    {
        switch status & 0xFF {
        case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL: return .busy(path: path)
        // SQLite calls a file corrupt, too, that the disk doesn't give (SQLITE_IOERR_CORRUPTFS; seen with 3.40).
        case SQLITE_CORRUPT where unsafe Errno(cvault_sqlite_last_errno(connection)) == .inputOutput:
            return .sqlite(path: path, action, errno: .inputOutput, code: status)
        case SQLITE_CORRUPT, SQLITE_NOTADB: return .damaged(path: path, .sqlite(code: status))
        // Our statements are right: it is the header or the schema that SQLite can't make sense of.
        case SQLITE_ERROR where action == .preparing: return .damaged(path: path, .schemaUnreadable)
        // Every value that is bound is measured first, so that this one was read.
        case SQLITE_TOOBIG: return .damaged(path: path, .rowTooLong)
        case SQLITE_CONSTRAINT: return unsafe constraint(status, message: String(cString: sqlite3_errmsg(connection)))
        case SQLITE_READONLY where status == SQLITE_READONLY | (3 << 8):
            // SQLITE_READONLY_ROLLBACK, a macro with a shift that Swift can't see.
            return .leftOverJournal(path: path)
        default:
            return .sqlite(path: path, action, errno: unsafe errno(of: status, on: connection), code: status)
        }
    }

    /// The operating system's number of a failure; nil where there is none.
    private static func errno(of status: CInt, on connection: OpaquePointer?) -> Errno? {
        // SQLITE_IOERR_NOMEM, too; neither sets the number.
        guard status & 0xFF != SQLITE_NOMEM, status != SQLITE_IOERR | (12 << 8) else { return .outOfMemory }
        let number = unsafe sqlite3_system_errno(connection)
        guard number != 0 else { return nil }
        // A journal that can't be made, for whatever cause, is looked for then: that it isn't there says nothing.
        return status & 0xFF == SQLITE_CANTOPEN && Errno(number) == .noEntry ? nil : Errno(number)
    }

    private static func constraint(_ status: CInt, message: String) -> StoreError {
        switch status {
        // SQLITE_CONSTRAINT_UNIQUE: the name tag is the one column of the format that is unique, apart from the keys.
        case SQLITE_CONSTRAINT | (8 << 8): .nameExists
        // SQLITE_CONSTRAINT_FOREIGNKEY: the application of a token has gone since the caller looked.
        case SQLITE_CONSTRAINT | (3 << 8): .changedMeanwhile
        default: .unacceptableRecord(.check(message))
        }
    }
}
