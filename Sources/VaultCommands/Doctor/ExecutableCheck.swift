internal import VaultSystem

/// Whether this command is closed to other programs of its user from its first moment.
enum ExecutableCheck {
    /// Of an executable.
    ///
    /// - Parameters:
    ///   - owner: its owner; nil where it can't be told.
    ///   - isReadable: whether we may read it.
    ///   - isRoot: whether we are root, whose programs can look into one another at any moment.
    /// - Returns: at most one.
    static func findings(owner: UInt32?, isReadable: Bool, isRoot: Bool) -> [Finding] {
        guard let owner, !isRoot else { return [] }
        guard owner != 0 || isReadable else {
            return [.ok("executable", "No other program of yours can look into this command, from its first moment.")]
        }
        return [
            .note(
                "executable",
                "For some milliseconds after its start another program of yours can look into this command.",
                remedy: "Install it as root, mode 0711: sudo Scripts/install"
            )
        ]
    }

    /// Of the program that is running.
    static var findings: [Finding] {
        let path = "/proc/self/exe"
        return findings(
            owner: (try? FileStatus(of: path, followsLink: true))?.owner,
            isReadable: FilePath.readingFailure(path) == nil,
            isRoot: ProcessIdentity.user == 0
        )
    }
}
