internal import VaultSystem

/// Whether this user's number is that of another user on another system of the same kernel: a container without a user
/// namespace shares the kernel's keyrings of each number with its host and its neighbours.
package struct SharedUserID: Equatable, Sendable {
    /// The inodes of `/proc/self/ns/…`; nil where they can't be read.
    package var user, pid, ipc, uts: UInt64?
    /// `/proc/self/uid_map`.
    package var uidMap: String
    /// Whether Docker, Podman or systemd left the mark of a container.
    package var hasMark: Bool

    package init(user: UInt64?, pid: UInt64?, ipc: UInt64?, uts: UInt64?, uidMap: String, hasMark: Bool) {
        (self.user, self.pid, self.ipc, self.uts) = (user, pid, ipc, uts)
        (self.uidMap, self.hasMark) = (uidMap, hasMark)
    }

    /// What the kernel tells of this process.
    package static func here() -> SharedUserID {
        SharedUserID(
            user: inode(of: "user"),
            pid: inode(of: "pid"),
            ipc: inode(of: "ipc"),
            uts: inode(of: "uts"),
            uidMap: content(of: "/proc/self/uid_map"),
            hasMark: ["/.dockerenv", "/run/.containerenv", "/run/systemd/container"].contains(where: FilePath.exists)
        )
    }

    // The namespaces that a kernel begins with have these numbers, fixed in include/uapi/linux/nsfs.h.
    private static let (firstIPC, firstUTS, firstUser, firstPID): (UInt64, UInt64, UInt64, UInt64) =
        (0xEFFF_FFFF, 0xEFFF_FFFE, 0xEFFF_FFFD, 0xEFFF_FFFC)

    /// Whether it is so.
    ///
    /// A mark alone proves nothing: images of machines are made from images of containers.
    package var isShared: Bool {
        let ownNumbers = user.map { $0 != Self.firstUser } ?? !coversAll
        guard !ownNumbers else { return false }
        guard let pid else { return hasMark }
        guard pid == Self.firstPID else { return true }
        return hasMark && (ipc != Self.firstIPC || uts != Self.firstUTS)
    }

    // "0 0 4294967295": every number stands for itself.
    private var coversAll: Bool { uidMap.split(whereSeparator: \.isWhitespace) == ["0", "0", "4294967295"] }

    private static func inode(of namespace: String) -> UInt64? {
        (try? FileStatus(of: "/proc/self/ns/\(namespace)", followsLink: true))?.identity.inode
    }

    private static func content(of path: String) -> String { FileDescriptor.text(of: path, limit: 4096) ?? "" }
}
