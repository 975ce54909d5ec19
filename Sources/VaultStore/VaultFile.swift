internal import VaultSystem

/// Where a vault lies: a file of ours in a folder of ours, reached by a path that no other user can divert.
///
/// The database and its journal are looked at by `fstatat(2)` and opened by SQLite alone: closing any other descriptor
/// of them would drop the locks that SQLite holds in this process.
struct VaultFile: Hashable, Sendable {
    /// The longest path that SQLite opens, in bytes: 512, and room for `-journal` (`sqlite3PagerOpen`, seen with 3.40).
    static let pathLimit = 504

    /// The directory, absolute and without links.
    let directory: String
    let name: String

    /// The file's path, absolute and without links.
    var path: String { path(of: name) }
    /// The permanent file whose bytes are leases.
    var lockName: String { name + ".lock" }

    /// The vault at `path`, which must be there.
    ///
    /// - Parameter path: absolute, or from the working folder; links may lead to its folder.
    /// - Returns: the place, resolved.
    /// - Throws: `noVault`, `unsafePath`, `damaged` for a write-ahead log next to it, `io`.
    static func find(_ path: String) throws(StoreError) -> VaultFile {
        let (directory, name) = try split(path)
        guard let resolved = try resolve(directory) else { throw .noVault(path: path) }
        let file = VaultFile(directory: resolved, name: name)
        try file.checkLength()
        let place = try file.openDirectory()
        guard let status = try file.check(in: place), status.size > 0 else { throw .noVault(path: file.path) }
        return file
    }

    /// The place for a new vault: its missing folders are made, 0700, after everything that is there was checked.
    ///
    /// An empty file may lie there. Whether a vault does is for `VaultDatabase.create` to see, under a lock.
    ///
    /// - Throws: `unsafePath`, `damaged` for a write-ahead log next to it, `io`.
    static func prepare(_ path: String) throws(StoreError) -> VaultFile {
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
        let path = [resolved ?? "/"] + missing
        try VaultFile(directory: path.joined(separator: "/"), name: name).checkLength()
        let directory = try StoreError.mapping { () throws(SystemError) in
            var directory = try Directory.walk(to: resolved ?? "/")
            if !missing.isEmpty { try directory.check(.ancestor) }
            for child in missing { directory = try directory.making(child) }
            try directory.check(.own)
            return directory
        }
        let file = VaultFile(directory: directory.path, name: name)
        _ = try file.check(in: directory)
        return file
    }

    /// A place in a directory that is there, whatever lies at it.
    static func unchecked(at path: String) throws(StoreError) -> VaultFile {
        let (directory, name) = try split(path)
        guard let resolved = try resolve(directory) else { throw .io(path: directory, .openingDirectory, .noEntry) }
        return VaultFile(directory: resolved, name: name)
    }

    /// Refuses a path that SQLite couldn't open; before a folder is made for it.
    private func checkLength() throws(StoreError) {
        guard path.utf8.count <= Self.pathLimit else { throw .unsafePath(UnsafePath(path: path, .tooLong)) }
    }

    /// The directory itself, walked to and checked anew.
    func openDirectory() throws(StoreError) -> Directory {
        try StoreError.mapping { () throws(SystemError) in try Directory.walk(to: directory, .own) }
    }

    /// Checks the file and what SQLite keeps next to it; nil where there is no file.
    func check(in directory: borrowing Directory) throws(StoreError) -> FileStatus? {
        // SQLite takes up a write-ahead log whatever the database's header says (seen with 3.40). No vault has one: an
        // attacker planted it, or it came with a copy of another program's database.
        if try Self.status(of: name + "-wal", in: directory) != nil {
            throw .damaged(path: path, .writeAheadLog(path: path(of: name + "-wal")))
        }
        _ = try Self.checkPrivate(name + "-journal", in: directory)
        try checkJournal()
        return try Self.checkPrivate(name, in: directory)
    }

    private static func status(of name: String, in directory: borrowing Directory) throws(StoreError) -> FileStatus? {
        try StoreError.mapping { () throws(SystemError) in try directory.status(of: name) }
    }

    /// Refuses a file that others could have made, or can reach by another name; nil where there is none.
    static func checkPrivate(_ name: String, in directory: borrowing Directory) throws(StoreError) -> FileStatus? {
        guard let status = try status(of: name, in: directory) else { return nil }
        if let reason = FilePolicy.own.objection(to: status) {
            throw .unsafePath(UnsafePath(path: directory.path(of: name), reason))
        }
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
        let end: [UInt8]
        do throws(Errno) {
            let file = try FileDescriptor.open(journal, .probingNoLink)
            let size = try file.status().size
            // A shorter one holds no name: length and sum of it, and the magic number, take 16 bytes.
            guard size > 16 else { return }
            let count = Self.journalMagic.count
            end = try file.read(count, at: size - Int64(count))
        } catch {
            guard error != .noEntry else { return }
            throw .io(path: journal, .lookingIntoJournal, error)
        }
        guard end != Self.journalMagic else {
            throw .damaged(path: path, .superJournal(path: journal))
        }
    }

    private static let journalMagic: [UInt8] = [0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7]

    /// Which file lies there now, in one system call; nil where there is none.
    ///
    /// - Throws: `io`.
    func currentIdentity() throws(StoreError) -> FileIdentity? {
        do throws(Errno) {
            return try FileStatus(of: path, followsLink: false).identity
        } catch {
            guard error != .noEntry else { return nil }
            throw .io(path: path, .lookingAt, error)
        }
    }

    func path(of name: String) -> String { (directory == "/" ? "" : directory) + "/" + name }

    /// Directory and last component of a path.
    static func split(_ path: String) throws(StoreError) -> (directory: String, name: String) {
        if let unexpanded = UnexpandedPath(path) { throw .unsafePath(UnsafePath(path: path, .unexpanded(unexpanded))) }
        return try StoreError.mapping { () throws(SystemError) in try FilePath.split(path) }
    }

    /// The directory without links; nil where there is none.
    static func resolve(_ directory: String) throws(StoreError) -> String? {
        try StoreError.mapping { () throws(SystemError) in try FilePath.resolveDirectory(directory) }
    }
}
