package import Testing

/// A system call of a command that fails, or at which it is killed: `Tests/Programs/inject.c`.
package struct Injection: Sendable, CustomStringConvertible {
    /// A name of the program's table.
    package let call: String
    /// Its which occurrence, from 1.
    package let number: Int
    /// Whether all that follow fail too.
    package let lasts: Bool
    /// The error's name, or `KILL`.
    package let what: String

    package init(_ call: String, _ number: Int, lasts: Bool = false, _ what: String) {
        (self.call, self.number, self.lasts, self.what) = (call, number, lasts, what)
    }

    /// Reads what `description` wrote.
    package init?(_ text: some StringProtocol) {
        let words = text.split(separator: " ")
        guard words.count == 3, let number = Int(words[1].prefix { $0 != "+" }) else { return nil }
        self.init(String(words[0]), number, lasts: words[1].hasSuffix("+"), String(words[2]))
    }

    package var description: String { "\(call) \(number)\(lasts ? "+" : "") \(what)" }

    package var kills: Bool { what == "KILL" }

    /// A call that was made, as the program reports it.
    package struct Call: Sendable {
        package let name: String
        /// The first argument: the descriptor, where it takes one.
        package let argument: Int
        /// Whether it was made to fail.
        package let isMeant: Bool

        /// Those of a report.
        package static func reported(in text: String) -> [Call] {
            text.split(separator: "\n").compactMap { line in
                let words = line.split(separator: " ")
                guard words.count >= 2 else { return nil }
                return Call(name: String(words[0]), argument: Int(words[1]) ?? -1, isMeant: words.last == "!")
            }
        }
    }

    /// The program; nil where it wasn't compiled.
    package static let program: String? = TestPaths.preloads.map { $0 + "/inject" }

    /// The same command, run under this; nil only writes the report of its calls.
    package static func wrapping(_ command: Command, in injection: Injection?, report: String) throws -> Command {
        var wrapped = command
        wrapped.program = try #require(program)
        let words = injection?.description.split(separator: " ").map(String.init) ?? ["-", "1", "EIO"]
        wrapped.arguments = [report] + words + [command.program] + command.arguments
        return wrapped
    }
}

/// The calls and how each can fail: POSIX and the pages of section 2 of the Linux manual say so.
extension Injection {
    private static let ofWriting: (once: [String], lasting: [String]) = (
        ["EIO", "ENOSPC", "EDQUOT", "EINTR", "KILL"], ["EIO", "ENOSPC"]
    )
    private static let ofNames: (once: [String], lasting: [String]) = (
        ["EIO", "ENOSPC", "EDQUOT", "ENOMEM", "KILL"], ["EIO", "ENOSPC"]
    )
    // Nothing on the disk changes from one of these calls to the next: killed there, a command leaves what it leaves at
    // the next call of another kind.
    private static let ofMemory: (once: [String], lasting: [String]) = (["ENOMEM"], [])

    private static let errors: [String: (once: [String], lasting: [String])] = [
        "create": (["EIO", "ENOSPC", "EDQUOT", "EINTR", "EMFILE", "ENOMEM", "KILL"], ["ENOSPC", "EMFILE"]),
        "openat": (["EIO", "EINTR", "EMFILE", "ENOMEM", "KILL"], ["EMFILE"]),
        "read": (["EIO", "EINTR", "KILL"], ["EIO"]), "pread64": (["EIO", "EINTR", "KILL"], ["EIO"]),
        "write": ofWriting, "writev": ofWriting, "pwrite64": ofWriting, "fsync": ofWriting, "fdatasync": ofWriting,
        "ftruncate": ofWriting, "fallocate": ofWriting, "rename": ofNames, "link": ofNames, "mkdir": ofNames,
        "unlink": (["EIO", "ENOMEM", "KILL"], ["EIO"]), "fchmod": (["EIO", "KILL"], []),
        "lock": (["ENOLCK", "EINTR", "KILL"], ["ENOLCK"]), "flock": (["ENOLCK", "EINTR", "KILL"], ["ENOLCK"]),
        "duplicate": (["EMFILE", "KILL"], []), "memfd_create": (["EMFILE", "ENOMEM", "KILL"], []),
        "socket": (["EMFILE", "ENOMEM", "KILL"], ["EMFILE"]), "pipe": (["EMFILE", "KILL"], []),
        "thread": (["EAGAIN", "KILL"], ["EAGAIN"]),
        // Where malloc(3) gets nothing at all, Swift's own runtime ends the process, so that memory fails once.
        "mmap": ofMemory, "mprotect": ofMemory, "munmap": ofMemory, "mremap": ofMemory,
        "mlock": (["ENOMEM"], ["ENOMEM"]), "brk": ofMemory,
    ]

    /// Each call of a run, with each error that fits it.
    package static func all(of calls: [Call]) -> [Injection] {
        var counts: [String: Int] = [:]
        return calls.flatMap { call -> [Injection] in
            let number = counts[call.name, default: 0] + 1
            counts[call.name] = number
            let errors = errors[call.name] ?? ([], [])
            return errors.once.map { Injection(call.name, number, $0) }
                + errors.lasting.map { Injection(call.name, number, lasts: true, $0) }
        }
    }
}

extension Trait where Self == ConditionTrait {
    /// For what makes system calls fail.
    package static var needsInjection: Self {
        .enabled("Tests/Programs/inject.c wasn't compiled, or this kernel or container allows no seccomp listener") {
            guard let program = Injection.program else { return false }
            return await (try? Command(program, ["-", "-", "1", "EIO", "/bin/true"]).run().exitCode) == 0
        }
    }
}
