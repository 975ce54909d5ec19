internal import CVaultFront
internal import CVaultLinux
internal import Glibc
internal import IsogeoVault
internal import VaultArguments
internal import VaultSystem

/// Gives a cached token for a `PlainTokenCall`, and becomes the whole program for anything else.
///
/// Nearly all calls are such ones, and a small program without shared libraries answers them in less than half of the
/// whole one's time. Whatever isn't as it mostly is, another option, an error, a warning, a token to request, is left
/// to the whole program, which begins from where this one did: nothing that exec(3) keeps was changed, and nothing was
/// written.
@main
enum Entrypoint {
    static func main() {
        // Neither a core file nor /proc/PID/mem nor ptrace shows the memory to other programs of the user.
        _ = cvault_set_not_dumpable()
        // A write beyond `ulimit -f` is an error; so is a secret's memory, which is a file to the kernel.
        _ = cvault_survive_file_limit()
        if isOrdinary, let token { Output.write(token) }
        cvault_front_become_whole()
    }

    /// The cached token that the arguments ask for.
    private static var token: String? {
        // A text made of other bytes would name something else.
        guard let arguments = Arguments.bytes, arguments.allSatisfy(\.isUTF8),
            let call = PlainTokenCall(arguments.map { String(decoding: $0, as: UTF8.self) }), !call.refreshes
        else { return nil }
        var name: ApplicationName?
        let text = call.application ?? Environment.value(of: "ISOGEO_VAULT_APP").flatMap { $0.isEmpty ? nil : $0 }
        if let text {
            guard let given = ApplicationName(text) else { return nil }
            name = given
        }
        return CachedToken.find(
            for: name,
            in: call.vault,
            openedBy: call.keyFile,
            minimum: call.minimumLifetime
        )
    }

    /// Whether the standard streams are open, and memory is to be had.
    private static var isOrdinary: Bool {
        (STDIN_FILENO...STDERR_FILENO).allSatisfy { fcntl($0, F_GETFD) >= 0 }
            && !ResourceLimit.lacksMemory(needed)
    }

    /// What a cached token takes, in bytes.
    private static let needed = 8 << 20
}

/// Standard output.
private enum Output {
    /// Writes a token and ends; comes back where nothing could be written.
    static func write(_ token: String) {
        let line = Array("\(token)\n".utf8)
        var rest = line[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count > 0 { rest = rest.dropFirst(count) } else if count == 0 || errno != EINTR { break }
        }
        if rest.isEmpty { _exit(0) }
        // The whole program would write the beginning once more.
        if rest.count < line.count {
            say("Standard output took a part of the token alone.\n  Make room there, and run it again.")
            _exit(74)
        }
    }

    static func say(_ text: String) {
        try? FileDescriptor(borrowing: STDERR_FILENO).write(Array("isogeo-vault: \(text)\n".utf8).span)
    }
}
