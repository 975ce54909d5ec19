internal import CVaultSQLite
internal import VaultSystem

/// The words that the operating system and SQLite have for their numbers.
enum SystemFailure {
    /// The text for an errno, and behind it or instead of it that for a SQLite result code.
    static func text(errno: Errno?, code: Int32) -> String {
        let sqlite = code == 0 ? nil : unsafe "SQLite \(code): \(String(cString: sqlite3_errstr(code)))"
        return [errno?.description, sqlite].compactMap(\.self).joined(separator: "; ")
    }
}
