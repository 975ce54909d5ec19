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

    /// Whether the small part is there that gives cached tokens.
    ///
    /// - Parameters:
    ///   - path: of the running program; nil where it can't be told.
    ///   - exists: whether a file is there.
    /// - Returns: at most one.
    static func front(path: String?, exists: (String) -> Bool) -> [Finding] {
        guard let path, path.hasSuffix("/isogeo-vault") else { return [] }
        let main = "/libexec/isogeo-vault"
        if path.hasSuffix(main), exists(path.dropLast(main.count) + "/bin/isogeo-vault") { return [] }
        return [
            .note(
                "parts",
                "This is the main part of isogeo-vault alone: a cached token takes twice the time that it could.",
                remedy: "Install both parts: Scripts/install"
            )
        ]
    }

    /// Of the program that is running.
    static var findings: [Finding] {
        let link = "/proc/self/exe"
        return findings(
            owner: (try? FileStatus(of: link, followsLink: true))?.owner,
            isReadable: FilePath.readingFailure(link) == nil,
            isRoot: ProcessIdentity.user == 0
        ) + front(path: try? FilePath.resolve(link), exists: FilePath.exists)
    }
}
