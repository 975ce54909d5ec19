internal import VaultSystem

/// Where a vault lies: a file of ours in a folder that only we and root may write, by a path that no other can divert.
///
/// A new one is made in a folder of ours.
///
/// The database and its journal are looked at by `fstatat(2)` and opened by SQLite alone: closing any other descriptor
/// of them would drop the locks that SQLite holds in this process.
struct VaultFile: Hashable, Sendable {
    /// The longest path that SQLite opens, in bytes: 512, and room for `-journal` (`sqlite3PagerOpen`, seen with 3.40).
    static let pathLimit = 504
    /// The longest path of a folder in which a draft fits, in bytes.
    static let folderLimit = pathLimit - 1 - DraftFile.nameLength

    /// The directory, absolute and without links.
    let directory: String
    let name: String

    /// The file's path, absolute and without links.
    var path: String { path(of: name) }
    /// The permanent file whose bytes are leases.
    var lockName: String { name + ".lock" }
    /// Where SQLite keeps what undoes a change that is being written.
    var journalName: String { name + "-journal" }

    /// The vault at `path`, which must be there.
    ///
    /// - Parameter path: absolute, or from the working folder; links may lead to its folder.
    /// - Returns: the place, resolved.
    /// - Throws: `noVault`, `unsafePath`, `damaged` for a write-ahead log next to it, `io`.
    static func find(_ path: String) throws(StoreError) -> VaultFile {
        let (directory, name) = try split(path)
        guard let resolved = try resolve(directory) else { throw .noVault(path: path) }
        let file = VaultFile(directory: resolved, name: name)
        guard file.path.utf8.count <= Self.pathLimit else {
            throw .unsafePath(UnsafePath(path: file.path, .tooLong))
        }
        let place = try file.openDirectory()
        guard let status = try file.check(in: place), status.size > 0 else { throw .noVault(path: file.path) }
        return file
    }

    /// The place for a new vault: its missing folders are made, 0700, after everything that is there was checked.
    ///
    /// An empty file may lie there. Whether a vault does is for `VaultDatabase.create` to see.
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
        // It is a draft in the same folder first.
        let folder = path.utf8.count - name.utf8.count
        guard folder <= Self.folderLimit + 1, path.utf8.count <= Self.pathLimit else {
            throw .unsafePath(UnsafePath(path: path, .tooLong))
        }
    }

    /// The directory itself, walked to and checked anew.
    func openDirectory() throws(StoreError) -> Directory {
        var faults: [SystemError] = []
        do throws(SystemError) {
            let place = try walk(noting: &faults)
            if let fault = faults.first { throw fault }
            return place
        } catch {
            throw StoreError(faults.first ?? error)
        }
    }

    /// Walks to the directory, and notes what others could do to it, from the root down.
    ///
    /// If it lies on a read-only mount, owner and mode don't matter, of those above it that do so too: no process can
    /// exchange a name there, and the vault is opened for reading, so that SQLite plays no journal back, wherever one
    /// is planted. Those who can write the same file system elsewhere, such as the host, can put an older vault of ours
    /// there or none, and no file of theirs, since the vault must be ours on such a mount as well.
    ///
    /// Above a directory that can be written a read-only mount excuses nothing: its other side could put a link to
    /// theirs on the way, and SQLite opens the journal by its path at each transaction.
    func walk(noting faults: inout [SystemError]) throws(SystemError) -> Directory {
        var found: [(fault: SystemError, isOnReadOnlyMount: Bool)] = []
        let place = try Directory.walk(to: directory) { (step: borrowing Directory) throws(SystemError) in
            do throws(SystemError) { try step.check(.ancestor) } catch {
                guard case .unsafePath = error else { throw error }
                found.append((error, step.descriptor.isOnReadOnlyMount()))
            }
        }
        let isReadOnly = place.descriptor.isOnReadOnlyMount()
        faults = found.filter { !(isReadOnly && $0.isOnReadOnlyMount) }.map(\.fault)
        if !isReadOnly {
            do throws(SystemError) { try place.check(.trusted) } catch { faults.append(error) }
        }
        return place
    }

    /// Checks the file and what SQLite keeps next to it; nil where there is no file.
    func check(in directory: borrowing Directory) throws(StoreError) -> FileStatus? {
        // SQLite takes up a write-ahead log whatever the database's header says (seen with 3.40). No vault has one: an
        // attacker planted it, or it came with a copy of another program's database.
        if try Self.status(of: name + "-wal", in: directory) != nil {
            throw .damaged(path: path, .writeAheadLog(path: path(of: name + "-wal")))
        }
        _ = try Self.checkPrivate(journalName, in: directory)
        try checkJournal()
        return try Self.checkPrivate(name, in: directory)
    }

    private static func status(of name: String, in directory: borrowing Directory) throws(StoreError) -> FileStatus? {
        try StoreError.mapping { () throws(SystemError) in try directory.status(of: name) }
    }

    /// Refuses a file that others could have made, or can reach by another name; nil where there is none.
    static func checkPrivate(_ name: String, in directory: borrowing Directory) throws(StoreError) -> FileStatus? {
        guard var status = try status(of: name, in: directory) else { return nil }
        if status.links > 1 {
            // The second name may be the draft of a process that died while it published the file by link(2).
            DraftFile.sweep(directory)
            status = try Self.status(of: name, in: directory) ?? status
        }
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
        let journal = path(of: journalName)
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

    /// What keeps a file from being made at a path, be it the journal of one that has gone; nil where nothing does.
    static func taken(at path: String) -> String? {
        [path, path + "-journal"].first { path in (try? FileStatus(of: path, followsLink: false)) != nil }
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
