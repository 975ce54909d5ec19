internal import CVaultSQLite

/// One prepared statement, finalised at the end of its life.
///
/// What is bound is copied by SQLite (`SQLITE_TRANSIENT`), so that nothing has to outlive the call.
@safe
struct Statement: ~Copyable {
    private let handle: OpaquePointer
    private let connection: OpaquePointer
    private let path: String

    /// - Throws: what SQLite says of the text; a text of ours fails for a damaged database alone.
    init(_ text: String, on connection: OpaquePointer, path: String) throws(StoreError) {
        var handle: OpaquePointer?
        let status = unsafe sqlite3_prepare_v2(connection, text, -1, &handle, nil)
        guard status == SQLITE_OK, let handle = unsafe handle else {
            throw unsafe .sqlite(status, on: connection, path: path, .preparing)
        }
        unsafe self.handle = handle
        unsafe self.connection = connection
        self.path = path
    }

    deinit { _ = unsafe sqlite3_finalize(handle) }

    // MARK: - Values in

    borrowing func bind(_ bytes: [UInt8], at place: CInt) throws(StoreError) {
        // A NULL pointer would bind NULL: an empty array may have one.
        let status = unsafe bytes.withUnsafeBytes { buffer in
            guard let start = buffer.baseAddress, buffer.count > 0 else {
                return unsafe sqlite3_bind_zeroblob(handle, place, 0)
            }
            return unsafe sqlite3_bind_blob(handle, place, start, CInt(buffer.count), Self.transient)
        }
        try check(status)
    }

    borrowing func bind(_ number: Int64, at place: CInt) throws(StoreError) {
        try check(unsafe sqlite3_bind_int64(handle, place, number))
    }

    /// Binds seconds since 1970 that the clock gave.
    ///
    /// - Throws: `clockOutOfRange`.
    borrowing func bind(time: Int64, at place: CInt) throws(StoreError) {
        guard Bounds.time.contains(time) else { throw .clockOutOfRange }
        try bind(time, at: place)
    }

    borrowing func bind(_ text: String, at place: CInt) throws(StoreError) {
        try check(unsafe sqlite3_bind_text(handle, place, text, CInt(text.utf8.count), Self.transient))
    }

    // MARK: - Rows out

    /// Goes to the next row; false behind the last.
    borrowing func step() throws(StoreError) -> Bool {
        switch unsafe sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let status: throw unsafe .sqlite(status, on: connection, path: path, .running)
        }
    }

    /// Makes it ready to be run again, with other values.
    borrowing func reset() throws(StoreError) { try check(unsafe sqlite3_reset(handle)) }

    /// Runs to the end.
    borrowing func run() throws(StoreError) {
        while try step() {}
    }

    /// The bytes of a column; nil where it holds something else than a BLOB of an allowed length.
    borrowing func bytes(_ column: CInt, _ allowed: ClosedRange<Int>) -> [UInt8]? {
        guard unsafe sqlite3_column_type(handle, column) == SQLITE_BLOB else { return nil }
        let count = Int(unsafe sqlite3_column_bytes(handle, column))
        guard allowed.contains(count) else { return nil }
        guard count > 0, let start = unsafe sqlite3_column_blob(handle, column) else { return [] }
        return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// How many bytes a column has, which aren't copied.
    borrowing func size(_ column: CInt) -> Int { Int(unsafe sqlite3_column_bytes(handle, column)) }

    /// The number of a column; nil where it holds something else.
    borrowing func number(_ column: CInt) -> Int64? {
        guard unsafe sqlite3_column_type(handle, column) == SQLITE_INTEGER else { return nil }
        return unsafe sqlite3_column_int64(handle, column)
    }

    /// The text of a column; nil where it holds something else, or no UTF-8.
    borrowing func text(_ column: CInt) -> String? {
        guard unsafe sqlite3_column_type(handle, column) == SQLITE_TEXT,
            let start = unsafe sqlite3_column_text(handle, column)
        else { return nil }
        let count = Int(unsafe sqlite3_column_bytes(handle, column))
        return unsafe String(validating: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    borrowing func isNull(_ column: CInt) -> Bool { unsafe sqlite3_column_type(handle, column) == SQLITE_NULL }

    private borrowing func check(_ status: CInt) throws(StoreError) {
        guard status != SQLITE_TOOBIG else { throw .unacceptableRecord(.valueTooLong) }
        guard status == SQLITE_OK else {
            throw unsafe .sqlite(status, on: connection, path: path, .binding)
        }
    }

    /// SQLITE_TRANSIENT, a cast in C that Swift can't see.
    private static var transient: sqlite3_destructor_type { unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
}
