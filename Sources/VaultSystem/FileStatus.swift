internal import Glibc

/// Which file it is, whatever its name: device and inode.
package struct FileIdentity: Hashable, Sendable {
    package let device: UInt64
    package let inode: UInt64
}

/// What stat(2) tells of a file.
package struct FileStatus: Hashable, Sendable {
    package enum Kind: Sendable { case regular, directory, symbolicLink, fifo, socket, other }

    package let identity: FileIdentity
    package let kind: Kind
    package let owner: UInt32
    /// The lower twelve bits: permissions, set-id and sticky.
    package let mode: UInt32
    package let links: UInt64
    /// In bytes.
    package let size: Int64
    /// When the content changed, in nanoseconds since 1970.
    package let modified: Int64

    private init(_ found: stat) {
        identity = FileIdentity(device: UInt64(found.st_dev), inode: UInt64(found.st_ino))
        kind =
            switch found.st_mode & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .directory
            case S_IFLNK: .symbolicLink
            case S_IFIFO: .fifo
            case S_IFSOCK: .socket
            default: .other
            }
        owner = found.st_uid
        mode = found.st_mode & 0o7777
        links = UInt64(found.st_nlink)
        size = Int64(found.st_size)
        // Wraps in 2262; it is compared with itself alone.
        modified = Int64(found.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(found.st_mtim.tv_nsec)
    }

    /// The file behind a descriptor.
    package init(descriptor: Int32) throws(Errno) {
        var found = stat()
        guard unsafe fstat(descriptor, &found) == 0 else { throw .current }
        self.init(found)
    }

    /// The file at a path.
    ///
    /// - Parameters:
    ///   - path: the path.
    ///   - followsLink: whether a link in the last component stands for what it leads to.
    /// - Throws: what stat(2) failed with.
    package init(of path: String, followsLink: Bool) throws(Errno) {
        try self.init(AT_FDCWD, path, followsLink: followsLink)
    }

    /// The file of that name in a directory, a link itself and not what it leads to; nil where there is none.
    package init?(of name: String, in directory: borrowing Directory) throws(Errno) {
        do throws(Errno) {
            try self.init(directory.descriptor.number, name, followsLink: false)
        } catch {
            guard error == .noEntry else { throw error }
            return nil
        }
    }

    private init(_ directory: Int32, _ path: String, followsLink: Bool) throws(Errno) {
        var found = stat()
        guard unsafe fstatat(directory, path, &found, followsLink ? 0 : AT_SYMLINK_NOFOLLOW) == 0 else {
            throw .current
        }
        self.init(found)
    }

    /// Why users other than we and root can read or write a regular file by this path; nil where none can.
    ///
    /// A file that is open to all is closed by a directory on the way that they may not enter, as homes are on most
    /// systems. What can't be looked at counts as open.
    package func exposure(at path: String) -> UnsafePath? {
        guard kind == .regular else { return nil }
        guard isOurs || owner == 0 else { return UnsafePath(path: path, .foreignFile(owner: owner)) }
        guard mode & 0o066 != 0 else { return nil }
        var isOpen = (group: mode & 0o060 != 0, others: mode & 0o006 != 0)
        var rest = ((try? FilePath.resolve(path)) ?? path)[...]
        while let slash = rest.utf8.lastIndex(of: UInt8(ascii: "/")), isOpen.group || isOpen.others {
            rest = rest[..<slash]
            guard let directory = try? FileStatus(of: rest.isEmpty ? "/" : String(rest), followsLink: true) else {
                break
            }
            if directory.mode & 0o001 == 0 { isOpen.others = false }
            if directory.mode & 0o011 == 0 { isOpen.group = false }
        }
        return isOpen.group || isOpen.others ? UnsafePath(path: path, .openToOthers(mode: mode)) : nil
    }

    /// Whether it belongs to the user that we are.
    package var isOurs: Bool { owner == geteuid() }

    /// The user that it belongs to; nil where that is us.
    var foreignOwner: UInt32? { isOurs ? nil : owner }
}
