/// Why something about a file was refused, by us or by the operating system.
package enum SystemError: Error, Equatable, Sendable {
    /// Others could read, replace or divert what lies there.
    case unsafePath(UnsafePath)
    /// The operating system refused.
    case failed(path: String, FileAction, Errno)

    package init(_ unsafe: UnsafePath) { self = .unsafePath(unsafe) }

    /// The error number; nil where we refused.
    package var errno: Errno? {
        guard case .failed(_, _, let errno) = self else { return nil }
        return errno
    }

    /// What happened, as one sentence.
    package var sentence: String {
        switch self {
        case .unsafePath(let unsafe): unsafe.sentence
        case .failed(let path, let action, let errno): "\(path): \(action.words) failed (\(errno))."
        }
    }
}

/// What was being done with a file.
package enum FileAction: Equatable, Sendable {
    case opening, lookingAt, reading, writing, renaming, removing, making
    case openingDirectory, makingDirectory, syncingDirectory, resolving, lookingIntoJournal, openingLockFile
    case makingFileInDirectory

    /// As the subject of a sentence.
    package var words: String {
        switch self {
        case .opening: "opening it"
        case .lookingAt: "looking at it"
        case .reading: "reading it"
        case .writing: "writing it"
        case .renaming: "renaming it"
        case .removing: "removing it"
        case .making: "making the file"
        case .openingDirectory: "opening the folder"
        case .makingDirectory: "making the folder"
        case .syncingDirectory: "syncing the folder"
        case .resolving: "resolving the folder"
        case .lookingIntoJournal: "looking into the journal"
        case .openingLockFile: "opening the lock file"
        case .makingFileInDirectory: "making a file in it"
        }
    }
}
