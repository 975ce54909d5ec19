internal import CVaultLinux
internal import Glibc

/// A folder that was reached step by step, each step checked, and that can't be exchanged under us any more.
///
/// Its descriptor is `O_PATH`: a place to start from, not a file that is read.
struct Folder: ~Copyable {
    let descriptor: Int32
    let path: String

    private init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    /// Walks down to `path`, which must be absolute and without links (`realpath(3)`).
    ///
    /// Every folder above must belong to us or root and let nobody else exchange the next step.
    static func walk(to path: String) throws(StoreError) -> Folder {
        try walk(to: path) { (folder: borrowing Folder) throws(StoreError) in
            try folder.status().checkAncestor(path: folder.path)
        }
    }

    /// Walks down and shows each folder above to `check`.
    static func walk(to path: String, _ check: (borrowing Folder) throws(StoreError) -> Void) throws(StoreError)
        -> Folder
    {
        var folder = try Folder.open(AT_FDCWD, "/", path: "/")
        for name in path.utf8.split(separator: UInt8(ascii: "/")) {
            try check(folder)
            folder = try folder.opening(String(Substring(name)))
        }
        return folder
    }

    /// The folder of that name in this one.
    borrowing func opening(_ name: String) throws(StoreError) -> Folder {
        try Folder.open(descriptor, name, path: pathOf(name))
    }

    borrowing func pathOf(_ name: String) -> String { (path == "/" ? "" : path) + "/" + name }

    borrowing func status() throws(StoreError) -> FileStatus { try FileStatus(descriptor: descriptor, path: path) }

    /// Whether files can be made and removed here.
    borrowing func canWrite() -> Bool { unsafe faccessat(descriptor, ".", W_OK | X_OK, AT_EACCESS) == 0 }

    /// Whether a file of this folder can be written.
    borrowing func canWrite(_ name: String) -> Bool { unsafe faccessat(descriptor, name, W_OK, AT_EACCESS) == 0 }

    /// Makes the folder of that name, 0700, unless somebody did so at the same moment, and syncs this one.
    borrowing func making(_ name: String) throws(StoreError) -> Folder {
        if unsafe mkdirat(descriptor, name, 0o700) == 0 {
            try sync()
        } else if errno != EEXIST {
            throw .system(pathOf(name), "making the folder")
        }
        let made = try opening(name)
        try made.status().checkOwnFolder(path: made.path)
        return made
    }

    /// Makes an empty file of that name, 0600, unless there is one.
    ///
    /// SQLite would make it with the mode that the umask leaves. The descriptor that is closed here drops none of
    /// SQLite's locks: the file is new.
    borrowing func makeFile(_ name: String) throws(StoreError) {
        let made = unsafe openat(descriptor, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard made >= 0 else {
            guard errno != EEXIST else { return }
            throw .system(pathOf(name), "making the file")
        }
        close(made)
    }

    /// Makes what was made, renamed or removed here survive a power cut.
    borrowing func sync() throws(StoreError) {
        let readable = unsafe openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard readable >= 0 else { throw .system(path, "opening the folder") }
        defer { close(readable) }
        guard fsync(readable) == 0 else { throw .system(path, "syncing the folder") }
    }

    private static func open(_ folder: Int32, _ name: String, path: String) throws(StoreError) -> Folder {
        var descriptor: Int32 = -1
        let result = unsafe cvault_open_folder(folder, name, &descriptor)
        switch result {
        case 0: return Folder(descriptor: descriptor, path: path)
        case ENOTDIR, ELOOP: throw .unsafePath(PathFault(path: path, .notAFolder))
        default: throw .io(path: path, action: "opening the folder", errno: result, code: 0)
        }
    }
}
