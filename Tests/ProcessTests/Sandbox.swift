import Foundation
import Testing
import VaultTestSupport

/// What a program isn't allowed to call, as containers and service managers forbid it: a seccomp filter of our own.
struct Sandbox {
    /// What happens at a call.
    enum Action {
        case fails(errno: Int32)
        /// SIGSYS, before the call is made: as killed between it and the one before.
        case kills

        fileprivate var word: String {
            switch self {
            case .fails(let code): "\(0x0005_0000 | UInt32(code))"
            case .kills: "\(0x8000_0000 as UInt32)"
            }
        }
    }

    /// A system call, and for keyctl(2) which one.
    enum Call: CaseIterable {
        case addKey, keyctl, linkUserKeyring, setPermissions, setTimeout, linkIntoUserKeyring, unlink, revoke, write

        // Name, and the arguments that are compared, by their places.
        fileprivate var text: String {
            switch self {
            case .addKey: "add_key"
            case .keyctl: "keyctl"
            case .linkUserKeyring: "keyctl 0=8 2=-2"
            case .setPermissions: "keyctl 0=5"
            case .setTimeout: "keyctl 0=15"
            case .linkIntoUserKeyring: "keyctl 0=8 2=-4"
            case .unlink: "keyctl 0=9"
            case .revoke: "keyctl 0=3"
            case .write: "pwrite64"
            }
        }
    }

    var rules: [(Call, Action)] = []
    /// Whether the program gets a session keyring of its own, in which the user's isn't.
    var hasOwnSessionKeyring = false

    /// The same call, in the sandbox.
    func around(_ command: Command) -> Command {
        var command = command
        let rules = rules.map { "\($0.text) \($1.word)" }.joined(separator: ";")
        command.arguments =
            ["-c", Self.script, rules, hasOwnSessionKeyring ? "1" : "", command.program] + command.arguments
        command.program = "python3"
        return command
    }

    // struct sock_filter is { code, jump if true, jump if false, number }; of struct seccomp_data it reads the
    // architecture at 4, the call at 0, and the lower halves of the arguments from 16 on.
    private static let script = """
        import ctypes, os, platform, struct, sys
        numbers = {
            "x86_64": (0xC000003E, {"add_key": 248, "keyctl": 250, "pwrite64": 18}),
            "aarch64": (0xC00000B7, {"add_key": 217, "keyctl": 219, "pwrite64": 68}),
        }
        architecture, calls = numbers[platform.machine()]
        libc = ctypes.CDLL(None, use_errno=True)
        if sys.argv[2]:
            assert libc.syscall(calls["keyctl"], 1, None) >= 0
        assert libc.prctl(38, 1, 0, 0, 0) == 0
        for rule in filter(None, sys.argv[1].split(";")):
            name, *compared, action = rule.split()
            checks = [(4, architecture), (0, calls[name])]
            for text in compared:
                place, value = text.split("=")
                checks.append((16 + 8 * int(place), int(value) & 0xFFFFFFFF))
            code = []
            for index, (offset, value) in enumerate(checks):
                code.append((0x20, 0, 0, offset))
                code.append((0x15, 0, 2 * (len(checks) - index - 1) + 1, value))
            code += [(0x06, 0, 0, int(action)), (0x06, 0, 0, 0x7FFF0000)]
            filters = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *one) for one in code))
            program = struct.pack("@HP", len(code), ctypes.addressof(filters))
            assert libc.prctl(22, 2, program, 0, 0) == 0
        os.execv(sys.argv[3], sys.argv[3:])
        """
}

extension Trait where Self == ConditionTrait {
    /// For system calls that a filter of ours refuses.
    static var needsSeccomp: Self {
        .enabled("the kernel has no seccomp filters, or there is no python3") {
            let command = Sandbox(rules: [(.addKey, .fails(errno: EPERM))]).around(Command("/bin/true"))
            return await (try? command.run().exitCode) == 0
        }
    }
}
