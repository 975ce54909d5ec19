/// What makes a path unsafe: others could read, replace or divert what lies there.
package struct UnsafePath: Error, Equatable, Sendable {
    package enum Reason: Equatable, Sendable {
        /// No file name, or one with a NUL byte or not in UTF-8.
        case notAFileName
        /// More bytes than a file system or SQLite takes, in all or in one name.
        case tooLong
        /// It names another file than the one that was meant.
        case unexpanded(UnexpandedPath)
        /// It depends on the working directory, where an absolute path is meant.
        case relative
        /// A component that should be a directory isn't one.
        case notADirectory
        /// A directory where a file should be.
        case directory
        /// The directory belongs to neither us nor, for those above it, root.
        case foreignDirectory(owner: UInt32)
        /// Others may write in the directory; with its owner, unless it is ours.
        case sharedDirectory(mode: UInt32, owner: UInt32? = nil)
        case symbolicLink
        /// A FIFO, a device, a socket.
        case notARegularFile
        case foreignFile(owner: UInt32)
        /// The same file has other names.
        case hardLinks(count: UInt64)
        /// Others may do more than the policy allows, such as reading.
        case openToOthers(mode: UInt32)
        /// Others may write the file; with its owner, unless it is ours.
        case writableByOthers(mode: UInt32, owner: UInt32? = nil)
        /// It became another file between the check and the opening.
        case exchanged
    }

    package let path: String
    package let reason: Reason

    package init(path: String, _ reason: Reason) {
        self.path = path
        self.reason = reason
    }
}
