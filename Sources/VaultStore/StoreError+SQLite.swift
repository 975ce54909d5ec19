internal import CVaultSQLite
internal import VaultSystem

extension StoreError {
    /// What a result code of SQLite means here.
    ///
    /// Of SQLite's messages only those about our own checks are kept: the others may quote a planted schema.
    static func sqlite(_ status: CInt, on connection: OpaquePointer?, path: String, _ action: SQLiteAction)
        -> StoreError
    {
        switch status & 0xFF {
        case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL: return .busy(path: path)
        case SQLITE_CORRUPT, SQLITE_NOTADB:
            return unsafe .damaged(path: path, what: String(cString: sqlite3_errstr(status)))
        // Every value that is bound is measured first, so that this one was read.
        case SQLITE_TOOBIG: return .damaged(path: path, what: "a row is too long")
        case SQLITE_CONSTRAINT: return unsafe constraint(status, message: String(cString: sqlite3_errmsg(connection)))
        case SQLITE_READONLY where status == SQLITE_READONLY | (3 << 8):
            // SQLITE_READONLY_ROLLBACK, a macro with a shift that Swift can't see.
            return .leftOverJournal(path: path)
        default:
            let number = unsafe sqlite3_system_errno(connection)
            return .sqlite(path: path, action, errno: number == 0 ? nil : Errno(number), code: status)
        }
    }

    private static func constraint(_ status: CInt, message: String) -> StoreError {
        switch status {
        // SQLITE_CONSTRAINT_UNIQUE: the name tag is the one column of the format that is unique beside the keys.
        case SQLITE_CONSTRAINT | (8 << 8): .nameExists
        // SQLITE_CONSTRAINT_FOREIGNKEY: the application of a token has gone since the caller looked.
        case SQLITE_CONSTRAINT | (3 << 8): .changedMeanwhile
        default: .unacceptableRecord(message)
        }
    }
}
