import Glibc

/// The system calls that tests make by hand; each throws where the system refuses.
enum Files {
    struct Refused: Error { let errno: Int32 }

    static func setMode(_ path: String, _ mode: mode_t) throws { try check(unsafe chmod(path, mode)) }
    static func setOwner(_ path: String, _ owner: uid_t) throws { try check(unsafe chown(path, owner, owner)) }
    static func symbolicLink(_ path: String, to target: String) throws { try check(unsafe symlink(target, path)) }
    static func hardLink(_ path: String, to target: String) throws { try check(unsafe link(target, path)) }
    static func fifo(_ path: String) throws { try check(unsafe mkfifo(path, 0o600)) }
    static func rename(_ path: String, to target: String) throws { try check(unsafe Glibc.rename(path, target)) }

    static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }
    static func canRun(_ path: String) -> Bool { unsafe access(path, X_OK) == 0 }

    static func mode(of path: String) throws -> mode_t {
        var status = stat()
        try check(unsafe stat(path, &status))
        return status.st_mode & 0o7777
    }

    static func homeInPasswordDatabase() -> String? {
        guard let entry = unsafe getpwuid(geteuid()) else { return nil }
        return unsafe String(cString: entry.pointee.pw_dir)
    }

    private static func check(_ result: Int32) throws {
        guard result == 0 else { throw Refused(errno: errno) }
    }
}
