internal import Glibc

/// A process, told apart from those that had its number before: its number, when it began, and whose numbers these are.
package struct ProcessIdentity: Equatable, Sendable {
    private let process: pid_t
    /// In ticks since the computer started, as the kernel counts them: execve(2) doesn't change it.
    private let began: UInt64
    /// The namespace of process numbers: another container's processes can't be seen from here.
    private let namespace: UInt64

    /// This process's number.
    package static var number: Int32 { getpid() }

    /// The user that this process is: geteuid(2).
    package static var user: UInt32 { geteuid() }

    /// Whether a number of a user means us, and not one of those that have no number in our user namespace: the kernel
    /// shows these as the overflow user, which is usually nobody's number (user_namespaces(7)).
    package static func isOurs(_ user: UInt32) -> Bool {
        guard user == geteuid() else { return false }
        let overflow =
            FileDescriptor.text(of: "/proc/sys/kernel/overflowuid").flatMap { UInt32($0.dropLast()) } ?? 65534
        guard user == overflow else { return true }
        let all = FileDescriptor.text(of: "/proc/self/uid_map")?.split { $0.isWhitespace }
        return all == ["0", "0", "4294967295"]
    }

    /// This process's; nil without /proc.
    package static var current: ProcessIdentity? {
        guard let namespace, let began = start(of: getpid()) else { return nil }
        return ProcessIdentity(process: getpid(), began: began, namespace: namespace)
    }

    private init(process: pid_t, began: UInt64, namespace: UInt64) {
        self.process = process
        self.began = began
        self.namespace = namespace
    }

    /// Reads a name that `name` gave.
    package init?(name: some StringProtocol) {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let process = pid_t(parts[0]), process > 0, let began = UInt64(parts[1]),
            let namespace = UInt64(parts[2])
        else { return nil }
        self.init(process: process, began: began, namespace: namespace)
    }

    package var name: String { "\(process)-\(began)-\(namespace)" }

    /// Whether it is certain that it has ended.
    package var isGone: Bool {
        guard namespace == Self.namespace else { return false }
        if kill(process, 0) != 0 { return errno == ESRCH }
        return Self.start(of: process).map { $0 != began } ?? false
    }

    private static var namespace: UInt64? {
        (try? FileStatus(of: "/proc/self/ns/pid", followsLink: true))?.identity.inode
    }

    /// proc_pid_stat(5): field 22; the second, a name that may hold anything, ends with the last bracket.
    private static func start(of process: pid_t) -> UInt64? {
        guard let text = FileDescriptor.text(of: "/proc/\(process)/stat", limit: 4096),
            let bracket = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: bracket)...].split(separator: " ")
        return fields.count > 19 ? UInt64(fields[19]) : nil
    }
}
