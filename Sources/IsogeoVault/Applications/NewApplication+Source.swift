internal import Glibc

extension NewApplication {
    /// Where a credential was read from.
    public enum Source: Sendable, Equatable {
        /// A file, by its path.
        case file(String)
        /// Standard input.
        case standardInput
        /// Variables of the environment.
        case environment
    }

    /// Deletes the file that the credential was read from, and makes that durable.
    ///
    /// Only a regular file is deleted that has no other name, and only if what lies there now is the file that was read,
    /// unchanged. Its bytes may live on: in backups and snapshots, and on the disk itself.
    ///
    /// - Throws: `inputOutput`, with the reason why it is still there.
    public borrowing func deleteSource() throws(VaultError) {
        guard case .file(let path) = source else {
            throw .notDeleted("What was read is not a file", remedy: "Leave it, or end it where it comes from.")
        }
        guard let sourceFile else {
            throw .notDeleted("\(path) is not a regular file", remedy: "Delete by hand what it leads to.")
        }
        let entry = try FolderEntry(path)
        let status = try entry.status()
        guard status.st_mode & S_IFMT != S_IFLNK else {
            throw .notDeleted("\(path) is a symbolic link", remedy: "Name the file that it leads to.")
        }
        guard FileFingerprint(status) == sourceFile else {
            throw .notDeleted("\(path) is no longer the file that was read", remedy: "Look at it, and import it again.")
        }
        guard status.st_nlink == 1 else {
            throw .notDeleted(
                "\(path) has \(status.st_nlink) names (hard links), and the others would keep it",
                remedy: "Delete them all: find / -xdev -inum \(status.st_ino)"
            )
        }
        try entry.remove()
    }
}

/// Which regular file it is, and in which state.
struct FileFingerprint: Equatable, Sendable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let modified: [Int]

    /// Nil for anything but a regular file.
    init?(_ status: stat) {
        guard status.st_mode & S_IFMT == S_IFREG else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        modified = [Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec)]
    }

    /// The file behind a descriptor; nil for anything but a regular file.
    init?(descriptor: Int32) {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }
}

extension VaultError {
    fileprivate static func notDeleted(_ reason: String, remedy: String) -> VaultError {
        VaultError(.inputOutput, "\(reason): nothing was deleted.", remedy: remedy)
    }
}
