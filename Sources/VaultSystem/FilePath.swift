internal import CVaultLinux
internal import Glibc

/// Paths, as far as we take them apart ourselves.
package enum FilePath {
    /// The longest name of a file, in bytes, with room for what is put behind it (`-journal`): 255 is what Linux's file
    /// systems take.
    private static let nameLimit = 247

    /// Directory and last component of a path, split as bytes: a combining mark would make another `Character` of the
    /// slash before it.
    ///
    /// - Throws: `notAFileName`, `tooLong`.
    package static func split(_ path: String) throws(SystemError) -> (directory: String, name: String) {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let name = String(path[(slash.map(path.utf8.index(after:)) ?? path.startIndex)...])
        guard !["", ".", ".."].contains(name), !path.utf8.contains(0) else {
            throw .unsafePath(UnsafePath(path: path, .notAFileName))
        }
        guard name.utf8.count <= nameLimit else { throw .unsafePath(UnsafePath(path: path, .tooLong)) }
        guard let slash else { return (".", name) }
        var directory = path[..<slash].utf8
        while directory.last == UInt8(ascii: "/") { directory.removeLast() }
        return (directory.isEmpty ? "/" : String(Substring(directory)), name)
    }

    /// The path without links: realpath(3).
    ///
    /// - Throws: `failed`; `notAFileName` where it leads to a name that isn't UTF-8: a `String` would hold another
    ///   name.
    package static func resolve(_ path: String) throws(SystemError) -> String {
        guard let resolved = unsafe realpath(path, nil) else { throw .failed(path: path, .resolving, .current) }
        defer { unsafe free(resolved) }
        guard let text = unsafe String(validatingCString: resolved) else {
            throw .unsafePath(UnsafePath(path: path, .notAFileName))
        }
        return text
    }

    /// The directory without links; nil where there is none.
    ///
    /// - Throws: `unsafePath` also where another user could exchange a link on the way; `failed`.
    package static func resolveDirectory(_ path: String) throws(SystemError) -> String? {
        do throws(SystemError) {
            var walk = try PathWalk(path)
            try walk.finish()
            if let unsafe = walk.faultOfLinks() { throw .unsafePath(unsafe) }
            return walk.directory.path
        } catch {
            switch error.errno {
            case .noEntry: return nil
            case .notADirectory, .tooManyLinks: throw .unsafePath(UnsafePath(path: path, .notADirectory))
            case .nameTooLong: throw .unsafePath(UnsafePath(path: path, .tooLong))
            case let errno?: throw .failed(path: path, .resolving, errno)
            case nil: throw error
            }
        }
    }

    /// Whether something lies there.
    package static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// Whether nothing lies there, and that is sure.
    package static func isMissing(_ path: String) -> Bool { unsafe access(path, F_OK) != 0 && errno == ENOENT }

    /// Whether we may execute what lies there.
    package static func isExecutable(_ path: String) -> Bool { unsafe access(path, X_OK) == 0 }

    /// Why we may not read what lies there (access(2)); nil where we may.
    package static func readingFailure(_ path: String) -> Errno? {
        unsafe access(path, R_OK) == 0 ? nil : .current
    }

    /// The kind of file system that a path lies on, as statfs(2) numbers it; nil where it can't be told.
    package static func fileSystem(of path: String) -> UInt32? {
        var number: UInt32 = 0
        return unsafe cvault_file_system(path, &number) == 0 ? number : nil
    }

    /// Takes a name away.
    package static func remove(_ path: String) throws(Errno) {
        guard unsafe unlink(path) == 0 else { throw .current }
    }

    /// Whether a path is absolute.
    package static func isAbsolute(_ path: String) -> Bool { path.utf8.first == UInt8(ascii: "/") }
}
