internal import VaultSystem

extension NewApplication {
    /// The origin of a credential.
    public enum Source: Sendable, Equatable {
        /// A file, with its path.
        case file(String)
        /// Standard input.
        case standardInput
        /// Variables of the environment.
        case environment
    }

    /// Deletes the file that the credential was read from, and syncs its directory.
    ///
    /// It deletes only a regular file without other names, which must be the very file that was read, unchanged. The
    /// bytes may survive in backups, in snapshots, and on the disk itself.
    ///
    /// - Throws: `inputOutput`, with the reason why the file is still there.
    public borrowing func deleteSource() throws(VaultError) {
        guard case .file(let path) = source else {
            throw VaultError(.notDeleted(.notAFile))
        }
        guard let sourceFile else {
            throw VaultError(.notDeleted(.notRegular(path: path)))
        }
        let place = try Self.deleting { () throws(SystemError) in try FilePath.split(path) }
        let directory = try Self.deleting { () throws(SystemError) in try Directory.named(place.directory) }
        let status = try Self.deleting { () throws(SystemError) in try directory.status(of: place.name) }
        try Self.checkDeletable(path, status, sourceFile)
        try Self.deleting { () throws(SystemError) in
            do throws(Errno) { try directory.remove(place.name) } catch { throw .failed(path: path, .removing, error) }
            // Without this a power cut could bring the name back.
            try directory.sync()
        }
    }

    private static func deleting<Result: ~Copyable>(
        _ body: () throws(SystemError) -> Result
    ) throws(VaultError) -> Result {
        do throws(SystemError) { return try body() } catch { throw VaultError(.cannotDelete(error)) }
    }

    private static func checkDeletable(_ path: String, _ status: FileStatus?, _ sourceFile: FileFingerprint)
        throws(VaultError)
    {
        guard let status else {
            throw VaultError(.notDeleted(.gone(path: path)))
        }
        guard status.kind != .symbolicLink else {
            throw VaultError(.notDeleted(.symbolicLink(path: path)))
        }
        guard FileFingerprint(status) == sourceFile else {
            throw VaultError(.notDeleted(.changed(path: path)))
        }
        guard status.links == 1 else {
            throw VaultError(
                .notDeleted(
                    .hardLinks(path: path, count: UInt64(status.links), inode: status.identity.inode)
                )
            )
        }
    }
}

/// The identity of a regular file, and its state.
struct FileFingerprint: Equatable, Sendable {
    private let identity: FileIdentity
    private let size: Int64
    private let modified: Int64

    /// Nil unless the file is regular.
    init?(_ status: FileStatus) {
        guard status.kind == .regular else { return nil }
        identity = status.identity
        size = status.size
        modified = status.modified
    }
}
