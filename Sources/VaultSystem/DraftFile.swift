/// A file that is written under another name and gets its real one once it is whole: a reader never finds half of it,
/// and a process that is killed leaves at most the draft, under its other name.
package struct DraftFile: ~Copyable {
    package let file: FileDescriptor
    private let directory: Directory
    private let draft: String
    private let name: String
    private var isPublished = false

    /// The path that it will have.
    package var path: String { directory.path(of: name) }

    /// Makes an empty draft of a new file, in a directory that is there.
    ///
    /// - Throws: `failed`, with `exists` where something lies at `path`, be it a link to nowhere; `unsafePath` for a
    ///   path that names no file.
    package static func making(at path: String) throws(SystemError) -> DraftFile {
        let (parent, name) = try FilePath.split(path)
        let directory = try Directory.named(parent)
        guard try directory.status(of: name) == nil else { throw .failed(path: path, .making, .exists) }
        return try making(name, in: directory)
    }

    /// Makes an empty draft of the file with that name, mode 0600 whatever the umask.
    package static func making(_ name: String, in directory: consuming Directory) throws(SystemError) -> DraftFile {
        let draft = "\(name).\(String(UInt64.random(in: .min ... .max), radix: 36)).new"
        let path = directory.path(of: name)
        let file: FileDescriptor
        do throws(Errno) {
            file = try directory.open(draft, .newFile)
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

    /// Syncs the draft and gives it its name, which nothing may have yet.
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
        try directory.sync()
    }
}
