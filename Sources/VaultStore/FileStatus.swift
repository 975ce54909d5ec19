internal import Glibc

/// Which file it is, whatever its name: device and inode.
package struct FileIdentity: Hashable, Sendable {
    package let device: UInt64
    package let inode: UInt64
}

/// What `stat(2)` tells of a file, as far as its safety goes.
struct FileStatus {
    let identity: FileIdentity
    let owner: UInt32
    let mode: UInt32
    let links: UInt64
    let size: Int64

    private init(_ found: stat) {
        identity = FileIdentity(device: UInt64(found.st_dev), inode: UInt64(found.st_ino))
        owner = found.st_uid
        mode = found.st_mode
        links = UInt64(found.st_nlink)
        size = Int64(found.st_size)
    }

    /// The file behind a descriptor.
    init(descriptor: Int32, path: String) throws(StoreError) {
        var found = stat()
        guard unsafe fstat(descriptor, &found) == 0 else { throw .system(path, "looking at it") }
        self.init(found)
    }

    /// The file of that name in an open folder, a link itself and not what it leads to; nil where there is none.
    init?(of name: String, in folder: borrowing Folder, path: String) throws(StoreError) {
        var found = stat()
        guard unsafe fstatat(folder.descriptor, name, &found, AT_SYMLINK_NOFOLLOW) == 0 else {
            guard errno != ENOENT else { return nil }
            throw .system(path, "looking at it")
        }
        self.init(found)
    }

    /// Refuses a file that anybody but us could have made or can reach by another name.
    func checkPrivate(path: String) throws(StoreError) {
        switch mode & S_IFMT {
        case S_IFREG: break
        case S_IFLNK: throw .unsafePath(PathFault(path: path, .symbolicLink))
        default: throw .unsafePath(PathFault(path: path, .notARegularFile))
        }
        guard owner == geteuid() else { throw .unsafePath(PathFault(path: path, .foreignFile(owner: owner))) }
        guard links == 1 else { throw .unsafePath(PathFault(path: path, .hardLinks(count: links))) }
        guard mode & 0o7177 == 0 else { throw .unsafePath(PathFault(path: path, .openToOthers(mode: mode & 0o7777))) }
    }

    /// Refuses a vault's own folder unless it is ours alone to write.
    func checkOwnFolder(path: String) throws(StoreError) {
        guard owner == geteuid() else { throw .unsafePath(PathFault(path: path, .foreignFolder(owner: owner))) }
        guard mode & 0o022 == 0 else { throw .unsafePath(PathFault(path: path, .sharedFolder(mode: mode & 0o7777))) }
    }

    /// Refuses a folder on the way in which somebody else could put another folder in the place of the next.
    func checkAncestor(path: String) throws(StoreError) {
        guard owner == geteuid() || owner == 0 else {
            throw .unsafePath(PathFault(path: path, .foreignFolder(owner: owner)))
        }
        guard mode & 0o022 == 0 || mode & S_ISVTX != 0 else {
            throw .unsafePath(PathFault(path: path, .sharedFolder(mode: mode & 0o7777)))
        }
    }
}

extension StoreError {
    /// The failure that `errno` tells of now.
    static func system(_ path: String, _ action: String) -> StoreError {
        .io(path: path, action: action, errno: errno, code: 0)
    }
}
