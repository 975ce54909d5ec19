internal import CVaultSQLite
internal import Glibc

/// The words that the operating system and SQLite have for their numbers.
enum SystemFailure {
    static let accessDenied = EACCES
    static let notPermitted = EPERM

    /// The text for an errno, and behind it or instead of it that for a SQLite result code.
    static func text(errno: Int32, code: Int32) -> String {
        let system = errno == 0 ? nil : text(ofErrno: errno)
        let sqlite = code == 0 ? nil : unsafe "SQLite \(code): \(String(cString: sqlite3_errstr(code)))"
        return [system, sqlite].compactMap(\.self).joined(separator: "; ")
    }

    private static func text(ofErrno number: Int32) -> String {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let start = buffer.baseAddress, unsafe strerror_r(number, start, buffer.count) == 0 else {
                return "error \(number)"
            }
            return unsafe String(cString: start)
        }
    }
}
