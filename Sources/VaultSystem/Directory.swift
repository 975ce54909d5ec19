internal import CVaultLinux
internal import Glibc

/// A directory that was reached step by step, each step checked, and that can't be exchanged under us any more.
///
/// Its descriptor is `O_PATH`: a place to start from, not a file that is read.
package struct Directory: ~Copyable {
    package let descriptor: FileDescriptor
    package let path: String

    private init(_ descriptor: consuming FileDescriptor, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    /// Walks down to `path`, which must be absolute and without links (`FilePath.resolve`).
    ///
    /// - Parameters:
    ///   - path: the directory.
    ///   - check: shown each directory above it. Each must belong to us or root, and let no other user exchange the
    ///     next step, unless `check` says otherwise.
    /// - Returns: the directory, open.
    /// - Throws: `unsafePath`, `failed`.
    package static func walk(
        to path: String,
        checkingAncestors check: (borrowing Directory) throws(SystemError) -> Void = {
            (directory) throws(SystemError) in
            try directory.check(.ancestor)
        }
    ) throws(SystemError) -> Directory {
        var directory = try root()
        for name in path.utf8.split(separator: UInt8(ascii: "/")) {
            try check(directory)
            directory = try directory.opening(String(Substring(name)))
        }
        return directory
    }

    /// Walks down to a directory that must follow a policy itself.
    package static func walk(to path: String, _ policy: DirectoryPolicy) throws(SystemError) -> Directory {
        let directory = try walk(to: path)
        try directory.check(policy)
        return directory
    }

    /// The directory that a path leads to, whatever lies above it, for what its user names once.
    ///
    /// - Throws: `failed`; `unsafePath` where it is no directory.
    package static func named(_ path: String) throws(SystemError) -> Directory {
        try open(AT_FDCWD, path, path: path, followsLink: true)
    }

    static func root() throws(SystemError) -> Directory { try open(AT_FDCWD, "/", path: "/") }

    /// Where the first name of a path is looked up: the root, or the working directory.
    static func start(of path: String) throws(SystemError) -> Directory {
        guard !FilePath.isAbsolute(path) else { return try root() }
        return try open(AT_FDCWD, ".", path: FilePath.resolve("."))
    }

    /// The directory of that name in this one.
    package borrowing func opening(_ name: String) throws(SystemError) -> Directory {
        try Directory.open(descriptor.number, name, path: path(of: name))
    }

    /// The same directory once more.
    package borrowing func duplicate() throws(SystemError) -> Directory {
        do throws(Errno) { return Directory(try descriptor.duplicate(), path: path) } catch {
            throw .failed(path: path, .openingDirectory, error)
        }
    }

    /// The directory above this one.
    borrowing func parent() throws(SystemError) -> Directory {
        let above = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) } ?? ""
        return try Directory.open(descriptor.number, "..", path: above.isEmpty ? "/" : above)
    }

    package borrowing func path(of name: String) -> String { (path == "/" ? "" : path) + "/" + name }

    package borrowing func status() throws(SystemError) -> FileStatus {
        do throws(Errno) { return try descriptor.status() } catch { throw .failed(path: path, .lookingAt, error) }
    }

    package borrowing func check(_ policy: DirectoryPolicy) throws(SystemError) {
        if let reason = policy.objection(to: try status()) { throw .unsafePath(UnsafePath(path: path, reason)) }
    }

    /// What has that name, a link itself and not what it leads to; nil where nothing has.
    package borrowing func status(of name: String) throws(SystemError) -> FileStatus? {
        do throws(Errno) {
            return try FileStatus(of: name, in: self)
        } catch {
            throw .failed(path: path(of: name), .lookingAt, error)
        }
    }

    /// What a link of this directory leads to: readlink(2).
    ///
    /// - Throws: `failed`; `notAFileName` where that isn't UTF-8: a `String` would hold another name.
    borrowing func target(of name: String) throws(SystemError) -> String {
        let capacity = Int(PATH_MAX)
        let target: String?? = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity + 1) { buffer in
            guard let start = buffer.baseAddress else { return nil }
            let count = unsafe readlinkat(descriptor.number, name, start, capacity)
            guard count >= 0 else { return nil }
            unsafe buffer[count] = 0
            return unsafe .some(String(validatingCString: start))
        }
        guard let target else { throw .failed(path: path(of: name), .lookingAt, .current) }
        guard let target else { throw .unsafePath(UnsafePath(path: path(of: name), .notAFileName)) }
        return target
    }

    /// Whether files can be made and removed here.
    package borrowing func canWrite() -> Bool {
        unsafe faccessat(descriptor.number, ".", W_OK | X_OK, AT_EACCESS) == 0
    }

    /// Whether a file of this directory can be written.
    package borrowing func canWrite(_ name: String) -> Bool {
        unsafe faccessat(descriptor.number, name, W_OK, AT_EACCESS) == 0
    }

    /// Makes the directory of that name, 0700, unless another process did so at the same moment, and syncs this one.
    package borrowing func making(_ name: String) throws(SystemError) -> Directory {
        if unsafe mkdirat(descriptor.number, name, 0o700) == 0 {
            try sync()
        } else if errno != EEXIST {
            throw .failed(path: path(of: name), .makingDirectory, .current)
        }
        let made = try opening(name)
        try made.check(.own)
        return made
    }

    /// Makes a directory of that name, 0700, where nothing has it.
    package borrowing func makeDirectory(_ name: String) throws(SystemError) {
        guard unsafe mkdirat(descriptor.number, name, 0o700) == 0 else {
            throw .failed(path: path(of: name), .makingDirectory, .current)
        }
    }

    /// Makes a symbolic link.
    package borrowing func makeLink(_ name: String, to target: String) throws(SystemError) {
        guard unsafe symlinkat(target, descriptor.number, name) == 0 else {
            throw .failed(path: path(of: name), .making, .current)
        }
    }

    /// Takes a directory away with the files in it; directories in it stay, and keep it.
    package borrowing func removeDirectory(_ name: String) {
        if let directory = try? opening(name), let names = try? directory.names() {
            for name in names { try? directory.remove(name) }
        }
        unsafe unlinkat(descriptor.number, name, AT_REMOVEDIR)
    }

    /// Opens a file of this directory, following no link.
    package borrowing func open(_ name: String, _ flags: OpenFlags, mode: UInt32 = 0o600) throws(Errno)
        -> FileDescriptor
    {
        try .open(descriptor.number, name, OpenFlags(rawValue: flags.rawValue | OpenFlags.noFollow.rawValue), mode)
    }

    /// Takes a name away.
    package borrowing func remove(_ name: String) throws(Errno) {
        guard unsafe unlinkat(descriptor.number, name, 0) == 0 else { throw .current }
    }

    /// Gives a file of this directory another name, in the place of what has it now.
    package borrowing func rename(_ name: String, to other: String) throws(Errno) {
        guard unsafe renameat(descriptor.number, name, descriptor.number, other) == 0 else { throw .current }
    }

    /// Gives a file of this directory another name, which nothing may have yet.
    package borrowing func rename(_ name: String, toNew other: String) throws(Errno) {
        let failure = unsafe cvault_rename_to_new(descriptor.number, name, other)
        guard failure == 0 else { throw Errno(failure) }
    }

    /// Makes what was made, renamed or removed here survive a power cut, as far as that can be had.
    ///
    /// A directory that we may not read can't be synced, nor one on a file system that knows no such thing and says
    /// EINVAL (some FUSE ones, shared folders of virtual machines): what is done there is done all the same.
    package borrowing func sync() throws(SystemError) {
        do throws(Errno) {
            let readable = try FileDescriptor.open(descriptor.number, ".", [.readOnly, .directory], 0)
            try readable.sync()
        } catch {
            guard ![.accessDenied, .invalid].contains(error) else { return }
            throw .failed(path: path, .syncingDirectory, error)
        }
    }

    /// The names in it, sorted.
    package borrowing func names() throws(Errno) -> [String] {
        let readable = try FileDescriptor.open(descriptor.number, ".", [.readOnly, .directory], 0)
        // closedir(3) closes what fdopendir(3) was given.
        guard let list = unsafe fdopendir(fcntl(readable.number, F_DUPFD_CLOEXEC, 0)) else { throw .current }
        defer { unsafe closedir(list) }
        var names: [String] = []
        while let entry = unsafe readdir(list) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
                unsafe String(cString: UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self))
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    private static func open(
        _ parent: Int32,
        _ name: String,
        path: String,
        followsLink: Bool = false
    ) throws(SystemError) -> Directory {
        var descriptor: Int32 = -1
        switch unsafe cvault_open_directory(parent, name, followsLink ? 1 : 0, &descriptor) {
        case 0: return Directory(FileDescriptor(descriptor), path: path)
        case ENOTDIR, ELOOP: throw .unsafePath(UnsafePath(path: path, .notADirectory))
        case let failure: throw .failed(path: path, .openingDirectory, Errno(failure))
        }
    }
}
