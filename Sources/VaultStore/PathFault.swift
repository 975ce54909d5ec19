/// What makes a path unsafe for a vault, and how to mend it.
package struct PathFault: Equatable, Sendable {
    package enum Reason: Equatable, Sendable {
        /// No file name, or one with a NUL byte or beyond what a file system takes.
        case notAFileName
        /// A component that should be a folder isn't one.
        case notAFolder
        /// The folder belongs to neither us nor, for those above it, root.
        case foreignFolder(owner: UInt32)
        /// Others may write in the folder.
        case sharedFolder(mode: UInt32)
        case symbolicLink
        /// A FIFO, a device, a folder, a socket.
        case notARegularFile
        case foreignFile(owner: UInt32)
        /// The same file has other names.
        case hardLinks(count: UInt64)
        /// More than the owner's reading and writing is allowed.
        case openToOthers(mode: UInt32)
        /// It became another file between the check and the opening.
        case exchanged
    }

    package let path: String
    package let reason: Reason

    package init(path: String, _ reason: Reason) {
        self.path = path
        self.reason = reason
    }

    package var sentence: String {
        switch reason {
        case .notAFileName: "\"\(path)\" names no file."
        case .notAFolder: "\(path) is not a folder."
        case .foreignFolder(let owner): "The folder \(path) belongs to another user (uid \(owner))."
        case .sharedFolder(let mode): "Others may write in the folder \(path) (mode \(Self.octal(mode)))."
        case .symbolicLink: "\(path) is a symbolic link."
        case .notARegularFile: "\(path) is not a regular file."
        case .foreignFile(let owner): "\(path) belongs to another user (uid \(owner))."
        case .hardLinks(let count): "\(path) has \(count) names (hard links)."
        case .openToOthers(let mode): "\(path) has mode \(Self.octal(mode)); it must not allow more than 0600."
        case .exchanged: "\(path) was exchanged for another file while it was opened."
        }
    }

    package var remedy: String {
        switch reason {
        case .notAFileName: "Name a file in a folder of yours."
        case .notAFolder: "Move it away, or name another place."
        case .foreignFolder, .foreignFile: "Name a place that belongs to you, or copy the vault there."
        // What is everybody's, as /tmp, stays so.
        case .sharedFolder(let mode) where mode & 0o1000 != 0:
            "Make a folder of your own in it, mode 0700, and use that."
        case .sharedFolder: "chmod go-w \(Self.quoted(path))"
        case .symbolicLink: "Name the file that it leads to."
        case .notARegularFile: "Move it away, or name another file."
        case .hardLinks: "Remove the other names, or copy it and use the copy."
        case .openToOthers: "chmod 600 \(Self.quoted(path))"
        case .exchanged: "Find out who writes in that folder, then try again."
        }
    }

    private static func octal(_ mode: UInt32) -> String {
        let digits = String(mode & 0o7777, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// One word for a shell, whatever the path holds.
    private static func quoted(_ path: String) -> String {
        let plain = path.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard !plain else { return path }
        return "'" + path.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
