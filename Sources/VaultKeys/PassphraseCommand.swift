internal import CVaultLinux
internal import Glibc
internal import VaultCrypto

/// A command that prints a passphrase: run by `/bin/sh -c`, its output straight into guarded memory.
struct PassphraseCommand {
    let line: String

    /// Runs the command and returns what it printed, at most `limit` bytes.
    ///
    /// With a terminal the command may ask there and takes the time that it needs; without one it has a minute, and then
    /// it and what it started are ended. Its standard input is empty: ours may be the file that is imported.
    func output(limit: Int, name: String) throws(KeyError) -> SecretBytes {
        let hasTerminal = Self.hasTerminal
        let (child, output) = try start(ownGroup: !hasTerminal)
        defer { close(output) }
        let bytes: SecretBytes
        do throws(SecretBytes.ReadFailure) {
            bytes = try .read(from: output, limit: limit, within: hasTerminal ? nil : PassphraseSource.patience)
        } catch {
            kill(hasTerminal ? child : -child, SIGKILL)
            _ = Self.wait(for: child)
            throw error.code == ETIMEDOUT ? .timedOut(name) : .commandDidNotStart(errno: error.code)
        }
        let status = Self.wait(for: child)
        guard status == 0 else { throw .commandFailed(status: status) }
        return bytes
    }

    private func start(ownGroup: Bool) throws(KeyError) -> (child: pid_t, output: Int32) {
        var reading: Int32 = -1
        var writing: Int32 = -1
        let piped = unsafe cvault_pipe(&reading, &writing)
        guard piped == 0 else { throw .commandDidNotStart(errno: piped) }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, writing, 1)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // Where nobody can be asked it runs in a group of its own, so that all of it can be ended.
        if ownGroup {
            unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
            unsafe posix_spawnattr_setpgroup(&attributes, 0)
        }
        var child: pid_t = 0
        let result = unsafe withCStrings(["sh", "-c", line]) { arguments in
            unsafe posix_spawn(&child, "/bin/sh", &actions, &attributes, arguments, environ)
        }
        close(writing)
        guard result == 0 else {
            close(reading)
            throw .commandDidNotStart(errno: result)
        }
        return (child, reading)
    }

    private static var hasTerminal: Bool {
        let terminal = unsafe open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
        if terminal >= 0 { close(terminal) }
        return terminal >= 0
    }

    /// The exit status as a shell counts it: 128 and the signal's number for a signal.
    private static func wait(for child: pid_t) -> Int32 {
        var status: Int32 = 0
        while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }
}

/// Lends `strings` as C's argument vector.
private func withCStrings<Result>(
    _ strings: [String],
    _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
    let copies = unsafe strings.map { unsafe strdup($0) }
    defer { unsafe copies.forEach { unsafe free($0) } }
    return unsafe body(copies + [nil])
}
