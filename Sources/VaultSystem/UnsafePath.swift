/// What makes a path unsafe: others could read, replace or divert what lies there.
package struct UnsafePath: Error, Equatable, Sendable {
    package enum Reason: Equatable, Sendable {
        /// No file name, or one with a NUL byte, not in UTF-8, or beyond what a file system takes.
        case notAFileName
        /// A component that should be a directory isn't one.
        case notADirectory
        /// A directory where a file should be.
        case directory
        /// The directory belongs to neither us nor, for those above it, root.
        case foreignDirectory(owner: UInt32)
        /// Others may write in the directory.
        case sharedDirectory(mode: UInt32)
        case symbolicLink
        /// A FIFO, a device, a socket.
        case notARegularFile
        case foreignFile(owner: UInt32)
        /// The same file has other names.
        case hardLinks(count: UInt64)
        /// Others may do more than the policy allows, such as reading.
        case openToOthers(mode: UInt32)
        /// Others may write the file.
        case writableByOthers(mode: UInt32)
        /// It became another file between the check and the opening.
        case exchanged
    }

    package let path: String
    package let reason: Reason

    package init(path: String, _ reason: Reason) {
        self.path = path
        self.reason = reason
    }

    /// What is wrong, as one sentence.
    package var sentence: String {
        switch reason {
        case .notAFileName: "\"\(path)\" names no file."
        case .notADirectory: "\(path) is not a folder."
        case .directory: "\(path) is a folder."
        case .foreignDirectory(let owner): "The folder \(path) belongs to another user (uid \(owner))."
        case .sharedDirectory(let mode): "Others may write in the folder \(path) (mode \(mode.octalMode))."
        case .symbolicLink: "\(path) is a symbolic link."
        case .notARegularFile: "\(path) is not a regular file."
        case .foreignFile(let owner): "\(path) belongs to another user (uid \(owner))."
        case .hardLinks(let count): "\(path) has \(count) names (hard links)."
        case .openToOthers(let mode): "\(path) is open to others (mode \(mode.octalMode))."
        case .writableByOthers(let mode): "Others may write \(path) (mode \(mode.octalMode))."
        case .exchanged: "\(path) was exchanged for another file while it was opened."
        }
    }
}

extension UInt32 {
    /// A mode as `chmod` and people write it: four octal digits.
    package var octalMode: String {
        let digits = String(self & 0o7777, radix: 8)
        return String(repeating: "0", count: Swift.max(0, 4 - digits.count)) + digits
    }
}
