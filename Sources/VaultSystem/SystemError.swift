/// Why something about a file was refused, by us or by the operating system.
package enum SystemError: Error, Equatable, Sendable {
    /// Other users could read, replace or divert what lies there.
    case unsafePath(UnsafePath)
    /// A file of this size, in bytes, isn't the one that is meant; its owner and mode weren't looked at.
    case unexpectedSize(path: String, Int64)
    /// The operating system refused.
    case failed(path: String, FileAction, Errno)

    package init(_ unsafe: UnsafePath) { self = .unsafePath(unsafe) }

    /// The error number; nil where we refused.
    package var errno: Errno? {
        guard case .failed(_, _, let errno) = self else { return nil }
        return errno
    }
}

/// What was being done with a file.
package enum FileAction: Equatable, Sendable {
    case opening, lookingAt, reading, writing, renaming, removing, making
    case openingDirectory, makingDirectory, syncingDirectory, resolving, lookingIntoJournal, openingLockFile
    case makingFileInDirectory
}
