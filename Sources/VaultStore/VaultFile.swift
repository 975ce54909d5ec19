internal import Glibc

/// Where a vault lies: a file of ours in a folder of ours, reached by a path that nobody else can divert.
///
/// The database and its journal are looked at by `fstatat(2)` and opened by SQLite alone: closing any other descriptor
/// of them would drop the locks that SQLite holds in this process.
package struct VaultFile: Hashable, Sendable {
    /// The folder, absolute and without links.
    package let folder: String
    package let name: String

    /// The file's path, absolute and without links.
    package var path: String { path(of: name) }
    /// The permanent file whose bytes are leases.
    package var lockName: String { name + ".lock" }

    /// The vault at `path`, which must be there.
    ///
    /// - Parameter path: absolute, or from the working folder; links may lead to its folder.
    /// - Returns: the place, resolved.
    /// - Throws: `noVault`, `unsafePath`, `damaged` for a write-ahead log beside it, `io`.
    package static func find(_ path: String) throws(StoreError) -> VaultFile {
        let (folder, name) = try split(path)
        guard let resolved = try resolve(folder) else { throw .noVault(path: path) }
        let file = VaultFile(folder: resolved, name: name)
        let place = try file.openFolder()
        guard let status = try file.check(in: place), status.size > 0 else { throw .noVault(path: file.path) }
        return file
    }

    /// The place for a new vault: its missing folders are made, 0700, after everything that is there was checked.
    ///
    /// An empty file may lie there. Whether a vault does is for `VaultDatabase.create` to see, under a lock.
    ///
    /// - Throws: `unsafePath`, `damaged` for a write-ahead log beside it, `io`.
    package static func prepare(_ path: String) throws(StoreError) -> VaultFile {
        let (wanted, name) = try split(path)
        var existing = wanted
        var missing: [String] = []
        var resolved = try resolve(existing)
        while resolved == nil {
            let (parent, child) = try split(existing)
            missing.insert(child, at: 0)
            existing = parent
            resolved = try resolve(existing)
        }
        var folder = try Folder.walk(to: resolved ?? "/")
        if !missing.isEmpty { try folder.status().checkAncestor(path: folder.path) }
        for child in missing { folder = try folder.making(child) }

        let file = VaultFile(folder: folder.path, name: name)
        try folder.status().checkOwnFolder(path: folder.path)
        _ = try file.check(in: folder)
        return file
    }

    /// A place in a folder that is there, whatever lies at it.
    package static func stand(_ path: String) throws(StoreError) -> VaultFile {
        let (folder, name) = try split(path)
        guard let resolved = try resolve(folder) else {
            throw .io(path: folder, action: "opening the folder", errno: ENOENT, code: 0)
        }
        return VaultFile(folder: resolved, name: name)
    }

    /// The folder itself, walked to and checked anew.
    func openFolder() throws(StoreError) -> Folder {
        let folder = try Folder.walk(to: folder)
        try folder.status().checkOwnFolder(path: folder.path)
        return folder
    }

    /// The file and what SQLite keeps beside it; nil where there is no file.
    func check(in folder: borrowing Folder) throws(StoreError) -> FileStatus? {
        // SQLite takes up a write-ahead log whatever the database's header says (seen with 3.40). No vault has one:
        // somebody put it there, or a copy was made of a database that isn't ours.
        let log = path(of: name + "-wal")
        if try FileStatus(of: name + "-wal", in: folder, path: log) != nil {
            throw .damaged(path: path, what: "a write-ahead log, \(log), lies beside it")
        }
        let journal = path(of: name + "-journal")
        try FileStatus(of: name + "-journal", in: folder, path: journal)?.checkPrivate(path: journal)
        try checkJournal()
        let status = try FileStatus(of: name, in: folder, path: path)
        try status?.checkPrivate(path: path)
        return status
    }

    /// Refuses a journal that names a *super-journal*: SQLite deletes the file of that name once it has undone what the
    /// journal tells of, whatever file it is (seen with 3.40).
    ///
    /// No change of a vault needs one: it takes two databases. Its name stands at the journal's end, before the magic
    /// number of journals (Database File Format, §3). SQLite locks the database alone, so that closing a descriptor of
    /// the journal drops no lock.
    func checkJournal() throws(StoreError) {
        let journal = path(of: name + "-journal")
        let descriptor = unsafe open(journal, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            guard errno != ENOENT else { return }
            throw .system(journal, "looking into the journal")
        }
        defer { close(descriptor) }
        let size = try FileStatus(descriptor: descriptor, path: journal).size
        var end = [UInt8](repeating: 0, count: Self.journalMagic.count)
        // A shorter one holds no name: length and sum of it, and the magic number, take 16 bytes.
        guard size > 16 else { return }
        guard unsafe pread(descriptor, &end, end.count, Int(size) - end.count) >= 0 else {
            throw .system(journal, "looking into the journal")
        }
        guard end != Self.journalMagic else {
            throw .damaged(path: path, what: "its journal, \(journal), names another file, which would be deleted")
        }
    }

    private static let journalMagic: [UInt8] = [0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7]

    /// Which file lies there now, in one system call; nil where there is none.
    func currentIdentity() -> FileIdentity? {
        var found = stat()
        guard unsafe lstat(path, &found) == 0 else { return nil }
        return FileIdentity(device: UInt64(found.st_dev), inode: UInt64(found.st_ino))
    }

    func path(of name: String) -> String { (folder == "/" ? "" : folder) + "/" + name }

    /// Folder and last component of a path, as bytes: a combining mark behind a slash makes another `Character` of it.
    static func split(_ path: String) throws(StoreError) -> (folder: String, name: String) {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let name = String(path[(slash.map(path.utf8.index(after:)) ?? path.startIndex)...])
        // 255 bytes is what Linux file systems take for a name, and "-journal" must fit behind it.
        guard !["", ".", ".."].contains(name), !path.utf8.contains(0), name.utf8.count <= 247 else {
            throw .unsafePath(PathFault(path: path, .notAFileName))
        }
        guard let slash else { return (".", name) }
        var folder = path[..<slash].utf8
        while folder.last == UInt8(ascii: "/") { folder.removeLast() }
        return (folder.isEmpty ? "/" : String(Substring(folder)), name)
    }

    /// The folder without links (`realpath(3)`); nil where there is none.
    static func resolve(_ folder: String) throws(StoreError) -> String? {
        guard let resolved = unsafe realpath(folder, nil) else {
            switch errno {
            case ENOENT: return nil
            case ENOTDIR, ELOOP: throw .unsafePath(PathFault(path: folder, .notAFolder))
            default: throw .system(folder, "resolving the folder")
            }
        }
        defer { unsafe free(resolved) }
        guard let path = unsafe String(validatingCString: resolved) else {
            // A String would hold another name than the folder's.
            throw .unsafePath(PathFault(path: folder, .notAFileName))
        }
        return path
    }
}
