/// A walk along a path that follows links itself, and so sees each directory in which a name is looked up: a user
/// who may write in one of them decides where the path leads.
///
/// realpath(3) and open(2) say where a path leads now, not who can lead it elsewhere: behind a link in a directory that
/// others may write lies a file of root's as well as one of theirs.
package struct PathWalk: ~Copyable {
    /// A directory in which another user may exchange the next name, or a link of another user's.
    private struct Fault {
        let unsafe: UnsafePath
        let isOnReadOnlyMount: Bool
    }

    /// How many links the kernel follows (path_resolution(7)).
    private static let linkLimit = 40

    private let path: String
    /// Where the walk has come to; its path is without links.
    package private(set) var directory: Directory
    /// The names that are still to come, the first one last.
    private var rest: [String]
    private var linkCount = 0
    private var faults: [Fault] = []
    /// How many of them decide where the links led.
    private var faultCountAtLink = 0

    /// Begins at the root, or in the working directory, which this process holds: no other user can exchange that.
    ///
    /// - Throws: `failed` for no path at all, and for a working directory that is gone; `unsafePath`.
    package init(_ path: String) throws(SystemError) {
        self.init(path, from: try Self.start(of: path))
    }

    private init(_ path: String, from directory: consuming Directory) {
        self.path = path
        self.directory = directory
        rest = Self.names(path)
    }

    private static func start(of path: String) throws(SystemError) -> Directory {
        guard !path.isEmpty else { throw .failed(path: path, .opening, .noEntry) }
        guard !path.utf8.contains(0) else { throw .unsafePath(UnsafePath(path: path, .notAFileName)) }
        return try .start(of: path)
    }

    /// Walks until one name is left.
    ///
    /// - Parameter follows: whether a link of that name is followed.
    /// - Returns: the name, and what has it in `directory`.
    /// - Throws: `failed` where nothing has it; `unsafePath` for a path that ends with a directory.
    mutating func arrive(followingLast follows: Bool) throws(SystemError) -> (name: String, status: FileStatus) {
        while let name = rest.popLast() {
            guard rest.isEmpty, name != ".", name != ".." else {
                try step(name)
                continue
            }
            try noteDirectory()
            guard let status = try directory.status(of: name) else { throw failed(.noEntry) }
            guard status.kind == .symbolicLink, follows else { return (name, status) }
            try follow(name, status)
        }
        throw .unsafePath(UnsafePath(path: path, .directory))
    }

    /// Walks to the directory that the path leads to.
    mutating func finish() throws(SystemError) {
        while let name = rest.popLast() { try step(name) }
        try noteDirectory()
    }

    /// What other users could have exchanged on the way.
    ///
    /// - Parameter endsOnReadOnlyMount: whether what lies at the end is on such a mount. Then that excuses what is on
    ///   one on the way: no process can exchange a name there (`VaultFile.walk` has the reasons).
    /// - Returns: nil for nothing.
    borrowing func fault(excusingIf endsOnReadOnlyMount: () -> Bool = { false }) -> UnsafePath? {
        guard !faults.isEmpty else { return nil }
        let excuses = endsOnReadOnlyMount()
        return faults.first { !(excuses && $0.isOnReadOnlyMount) }?.unsafe
    }

    /// What other users could have exchanged on the way to the last link, that link included, for a directory whose own
    /// path is judged by itself; nil for nothing.
    borrowing func faultOfLinks() -> UnsafePath? {
        guard faultCountAtLink > 0 else { return nil }
        let excuses = directory.descriptor.isOnReadOnlyMount()
        return faults.prefix(faultCountAtLink).first { !(excuses && $0.isOnReadOnlyMount) }?.unsafe
    }

    // MARK: - Steps

    private mutating func step(_ name: String) throws(SystemError) {
        switch name {
        case ".": return
        case "..": directory = try directory.parent()
        default:
            try noteDirectory()
            do throws(SystemError) { directory = try directory.opening(name) } catch {
                guard case .unsafePath = error else { throw failed(error.errno ?? .invalid) }
                // O_DIRECTORY says the same of a link as of a file.
                guard let status = try directory.status(of: name), status.kind == .symbolicLink else {
                    throw failed(.notADirectory)
                }
                try follow(name, status)
            }
        }
    }

    private mutating func follow(_ name: String, _ link: FileStatus) throws(SystemError) {
        linkCount += 1
        guard linkCount <= Self.linkLimit else { throw failed(.tooManyLinks) }
        // In a sticky directory, such as /tmp, all users may make links.
        if !link.isOurs, link.owner != 0 {
            note(UnsafePath(path: directory.path(of: name), .foreignFile(owner: link.owner)))
        }
        faultCountAtLink = faults.count
        let target = try directory.target(of: name)
        if FilePath.isAbsolute(target) { directory = try .root() }
        rest += Self.names(target)
    }

    private mutating func noteDirectory() throws(SystemError) {
        if let reason = DirectoryPolicy.ancestor.objection(to: try directory.status()) {
            note(UnsafePath(path: directory.path, reason))
        }
    }

    private mutating func note(_ unsafe: UnsafePath) {
        faults.append(Fault(unsafe: unsafe, isOnReadOnlyMount: directory.descriptor.isOnReadOnlyMount()))
    }

    private borrowing func failed(_ errno: Errno) -> SystemError { .failed(path: path, .opening, errno) }

    /// The names in a path, the first one last; what a slash stands behind is a directory.
    private static func names(_ path: String) -> [String] {
        let names = path.utf8.split(separator: UInt8(ascii: "/")).reversed().map { String(Substring($0)) }
        return path.utf8.last == UInt8(ascii: "/") ? ["."] + names : names
    }
}

extension Directory {
    /// The directory that a path leads to, by way of directories and links that no other user can exchange; nor can
    /// another user exchange what lies in it.
    ///
    /// - Throws: `failed`; `unsafePath`.
    package static func walk(along path: String) throws(SystemError) -> Directory {
        var walk = try PathWalk(path)
        try walk.finish()
        if let unsafe = walk.fault() { throw .unsafePath(unsafe) }
        return walk.directory
    }
}

/// A name in a directory that was walked to: the place of a file that is there, or is to be made.
package struct FilePlace: ~Copyable {
    package let directory: Directory
    package let name: String

    /// Walks to the directory of a file, in which no other user may exchange it.
    ///
    /// - Throws: `failed`; `unsafePath`.
    package init(_ path: String) throws(SystemError) {
        let place = try FilePath.split(path)
        directory = try .walk(along: place.directory)
        name = place.name
    }
}
