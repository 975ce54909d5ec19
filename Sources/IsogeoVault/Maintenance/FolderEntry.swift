internal import Glibc
internal import VaultCrypto
internal import VaultKeys

/// A name in a folder that is held open: a file is made or removed there, durably.
struct FolderEntry: ~Copyable {
    let path: String
    private let name: String
    private let folder: Int32

    /// Opens the folder that `path` leads to.
    ///
    /// - Throws: `inputOutput` when there is none, or it can't be read.
    init(_ path: String) throws(VaultError) {
        let slash = path.lastIndex(of: "/")
        let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
        guard !name.isEmpty, name != ".", name != ".." else {
            throw VaultError(.inputOutput, "\"\(path)\" names no file.", remedy: "Give the path of a file.")
        }
        let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = unsafe open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file(path, "its folder can't be opened", errno: errno) }
        folder = descriptor
        self.path = path
        self.name = String(name)
    }

    deinit { close(folder) }

    /// What lies there now, a link itself and not what it leads to.
    borrowing func status() throws(VaultError) -> stat {
        var status = stat()
        guard unsafe fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw .file(path, "it can't be looked at", errno: errno)
        }
        return status
    }

    /// Makes a file, mode 0600, and lets `fill` write it; nothing is left where that fails.
    ///
    /// - Parameter fill: is lent the descriptor.
    /// - Throws: `exists` when anything lies there, be it a link to nowhere; `inputOutput`; what `fill` throws.
    borrowing func makeFile(_ fill: (_ descriptor: Int32) throws(VaultError) -> Void) throws(VaultError) {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let descriptor = unsafe openat(folder, name, flags, 0o600)
        guard descriptor >= 0 else {
            guard errno != EEXIST else {
                throw VaultError(.exists, "\(path) is there already.", remedy: "Name a file that doesn't exist yet.")
            }
            throw .file(path, "it can't be made", errno: errno)
        }
        do throws(VaultError) {
            defer { close(descriptor) }
            // The umask may have left less.
            guard fchmod(descriptor, 0o600) == 0 else { throw .file(path, "its mode can't be set", errno: errno) }
            try fill(descriptor)
            guard fsync(descriptor) == 0 else { throw .file(path, "it can't be synced", errno: errno) }
            try sync()
        } catch {
            unsafe unlinkat(folder, name, 0)
            throw error
        }
    }

    /// Takes the name away.
    borrowing func remove() throws(VaultError) {
        guard unsafe unlinkat(folder, name, 0) == 0 else { throw .file(path, "it can't be deleted", errno: errno) }
        try sync()
    }

    /// Without this a power cut could bring the name back, or take it away again.
    private borrowing func sync() throws(VaultError) {
        guard fsync(folder) == 0 else { throw .file(path, "its folder can't be synced", errno: errno) }
    }

    /// Writes all of a secret to a descriptor.
    borrowing func write(_ content: borrowing SecretBytes, to descriptor: Int32) throws(VaultError) {
        do { try SecretFile.write(content, to: descriptor) } catch {
            throw .file(path, "it can't be written", errno: error.code)
        }
    }
}

extension VaultError {
    /// The operating system refused something about a file.
    fileprivate static func file(_ path: String, _ what: String, errno code: Int32) -> VaultError {
        VaultError(
            .inputOutput,
            "\(path): \(what) (\(unsafe String(cString: strerror(code)))).",
            remedy: "Check the path, the room on its disk, and who may write there."
        )
    }
}
