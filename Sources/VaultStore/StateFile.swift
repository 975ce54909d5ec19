internal import Glibc

/// A small file of ours beside no vault: what is remembered of one outside of it.
///
/// Whoever reads it decides what its content is worth. It is replaced in one step, so that a reader finds the old
/// content or the new.
package struct StateFile: Sendable {
    package let path: String
    private let folder: String
    private let name: String

    /// The file of that name in a folder that needn't be there.
    package init(_ name: String, in folder: String) {
        self.name = name
        self.folder = folder
        path = folder + "/" + name
    }

    /// The content; nil where there is none, or where we may not look.
    ///
    /// A home that isn't ours to look into is no home with something wrong in it: services run like that.
    ///
    /// - Parameter limit: a longer file isn't one of ours.
    /// - Returns: the bytes.
    /// - Throws: `unsafePath` when others could have written it, or it is no file; `io`.
    package func read(limit: Int) throws(StoreError) -> [UInt8]? {
        let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
        let descriptor = unsafe open(path, flags)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT, ENOTDIR, EACCES: return nil
            case ELOOP: throw .unsafePath(PathFault(path: path, .symbolicLink))
            default: throw .system(path, "opening it")
            }
        }
        defer { close(descriptor) }
        let status = try FileStatus(descriptor: descriptor, path: path)
        try status.checkPrivate(path: path)
        guard status.size <= limit else { throw .io(path: path, action: "reading it", errno: EFBIG, code: 0) }
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = unsafe pread(descriptor, &bytes, limit, 0)
        guard count >= 0 else { throw .system(path, "reading it") }
        return Array(bytes[..<count])
    }

    /// Puts `bytes` in the place of what is there, durably; the folders that are missing are made, 0700.
    ///
    /// - Throws: `unsafePath` for a folder in which others may write, `io`.
    package func replace(with bytes: [UInt8]) throws(StoreError) {
        let draft = "\(name).\(String(UInt64.random(in: .min ... .max), radix: 36)).new"
        // Prepared under the draft's name: what has the file's own name now is replaced, however it looks.
        let place = try VaultFile.prepare(folder + "/" + draft).openFolder()
        try place.replaceFile(name, draft: draft, bytes)
    }

    /// What would keep files from being put into a folder, which needn't be there; nil where nothing does.
    ///
    /// Nothing is made for it.
    package static func fault(in folder: String) -> StoreError? {
        var (existing, isItself) = (folder, true)
        do throws(StoreError) {
            var resolved = try VaultFile.resolve(existing)
            while resolved == nil {
                (existing, isItself) = (try VaultFile.split(existing).folder, false)
                resolved = try VaultFile.resolve(existing)
            }
            let place = try Folder.walk(to: resolved ?? "/")
            let status = try place.status()
            if isItself {
                try status.checkOwnFolder(path: place.path)
            } else {
                try status.checkAncestor(path: place.path)
            }
            guard place.canWrite() else { throw .system(place.path, "making a file in it") }
            return nil
        } catch {
            return error
        }
    }

    /// Takes it away; nothing where there is none.
    package func remove() throws(StoreError) {
        guard unsafe unlink(path) != 0, errno != ENOENT, errno != ENOTDIR else { return }
        throw .system(path, "removing it")
    }
}

extension Folder {
    fileprivate borrowing func replaceFile(_ name: String, draft: String, _ bytes: [UInt8]) throws(StoreError) {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let file = unsafe openat(descriptor, draft, flags, 0o600)
        guard file >= 0 else { throw .system(pathOf(name), "writing it") }
        defer { close(file) }
        let count = unsafe write(file, bytes, bytes.count)
        let isWritten = count == bytes.count && fchmod(file, 0o600) == 0 && fsync(file) == 0
        guard isWritten, unsafe renameat(descriptor, draft, descriptor, name) == 0 else {
            let failure = StoreError.system(pathOf(name), "writing it")
            unsafe unlinkat(descriptor, draft, 0)
            throw failure
        }
        try sync()
    }
}
