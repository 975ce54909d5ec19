/// A file that is written under another name and gets its real one once it is whole: a reader never finds half of it,
/// and a process that is killed leaves at most the draft, under its other name.
///
/// Its maker holds a lock on it, which the kernel frees when the maker dies: the next process that makes a file in the
/// same directory takes away the drafts whose lock is free. Where there are no locks, they stay.
package struct DraftFile: ~Copyable {
    package let file: FileDescriptor
    /// The name that it has until it is published.
    package let draft: String
    private let directory: Directory
    private let name: String
    private var isPublished = false

    /// The path that it will have.
    package var path: String { directory.path(of: name) }

    /// Makes an empty draft of a new file, in a directory that is there.
    ///
    /// - Throws: `failed`, with `exists` where something lies at `path`, be it a link to nowhere; `unsafePath` for a
    ///   path that names no file.
    package static func making(at path: String) throws(SystemError) -> DraftFile {
        try checkIsNew(path)
        let (parent, name) = try FilePath.split(path)
        return try making(name, in: .named(parent))
    }

    /// Throws what making a draft at this path would throw, as far as that shows without making anything.
    package static func checkIsNew(_ path: String) throws(SystemError) {
        let (parent, name) = try FilePath.split(path)
        guard try Directory.named(parent).status(of: name) == nil else { throw .failed(path: path, .making, .exists) }
    }

    /// Makes an empty draft of the file with that name, mode 0600 whatever the umask.
    package static func making(_ name: String, in directory: consuming Directory) throws(SystemError) -> DraftFile {
        sweep(directory)
        let path = directory.path(of: name)
        var draft = ""
        let file: FileDescriptor
        do throws(Errno) {
            file = try newFile(&draft, in: directory)
        } catch {
            throw .failed(path: path, .making, error)
        }
        let made = DraftFile(file, draft, name, directory)
        do throws(Errno) { try made.file.setMode(0o600) } catch { throw .failed(path: path, .making, error) }
        return made
    }

    private init(_ file: consuming FileDescriptor, _ draft: String, _ name: String, _ directory: consuming Directory) {
        self.file = file
        self.draft = draft
        self.name = name
        self.directory = directory
    }

    deinit {
        // Why the file wasn't published is what matters, not whether its draft could be removed.
        if !isPublished { try? directory.remove(draft) }
    }

    /// Syncs the draft and gives it its name, which nothing may have yet; nothing has it where this fails.
    package consuming func publishAsNew() throws(SystemError) { try publish(replacing: false) }

    /// Syncs the draft and puts it in the place of what has the name now.
    package consuming func publishReplacing() throws(SystemError) { try publish(replacing: true) }

    private mutating func publish(replacing replaces: Bool) throws(SystemError) {
        do throws(Errno) {
            try file.sync()
            if replaces {
                try directory.rename(draft, to: name)
            } else {
                try directory.rename(draft, toNew: name)
            }
            isPublished = true
        } catch {
            throw .failed(path: path, .writing, error)
        }
        do throws(SystemError) {
            try directory.sync()
        } catch {
            // What is reported as not made must not stand in the way of the next try.
            if !replaces { try? directory.remove(name) }
            throw error
        }
    }

    // MARK: - Drafts of the dead

    /// Takes away the drafts in a directory whose makers have died.
    ///
    /// Nothing else has such a name: it isn't made of the file's own, which a user may have chosen for other files too.
    package static func sweep(_ directory: borrowing Directory) {
        guard let names = try? directory.names() else { return }
        for name in names where isDraft(name) {
            guard let file = try? directory.open(name, [.writeOnly, .nonBlocking]), let status = try? file.status(),
                status.kind == .regular, status.isOurs, (try? file.tryLock(byte: lockedByte)) == true,
                (try? directory.status(of: name))?.identity == status.identity
            else { continue }
            try? directory.remove(name)
        }
    }

    /// Whether the maker of a file lives and still has it open.
    package static func hasMaker(_ name: String, in directory: borrowing Directory) -> Bool {
        guard let file = try? directory.open(name, [.writeOnly, .nonBlocking]) else { return false }
        return (try? file.tryLock(byte: lockedByte)) == false
    }

    /// Makes a file under a name for drafts, and locks it.
    private static func newFile(_ draft: inout String, in directory: borrowing Directory) throws(Errno)
        -> FileDescriptor
    {
        // A sweep rarely comes between making and locking, and never eight times in a row.
        for _ in 1...8 {
            let digits = String(UInt64.random(in: .min ... .max), radix: 36)
            draft = prefix + String(repeating: "0", count: digitCount - digits.utf8.count) + digits + suffix
            let file = try directory.open(draft, .newFile)
            guard let isLocked = try? file.tryLock(byte: lockedByte) else { return file }
            if isLocked, (try? directory.status(of: draft))?.identity == (try file.status()).identity { return file }
        }
        throw .noEntry
    }

    private static let prefix = ".isogeo-vault-"
    private static let suffix = ".new"
    /// UInt64.max in base 36 has as many.
    private static let digitCount = 13
    /// How long a draft's name is, in bytes.
    package static let nameLength = prefix.utf8.count + digitCount + suffix.utf8.count
    /// None that SQLite locks, which are near 2^30: it writes vaults into drafts.
    private static let lockedByte: UInt64 = 1 << 61

    private static func isDraft(_ name: String) -> Bool {
        guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return false }
        let digits = name.utf8.dropFirst(prefix.utf8.count).dropLast(suffix.utf8.count)
        return digits.count == digitCount
            && digits.allSatisfy {
                UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0
            }
    }
}
