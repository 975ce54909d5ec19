// posix_spawn(3) and its attributes are used here alone.
internal import Glibc
internal import VaultCrypto
internal import VaultSystem

/// A command that prints a passphrase: run by `/bin/sh -c`, its output straight into guarded memory.
struct PassphraseCommand {
    let line: String
    /// How long it may take, in milliseconds; nil waits for ever.
    let patience: Int64?

    /// Runs the command and returns what it printed, at most `limit` bytes.
    ///
    /// When its time is up, it and what it started are ended. Its standard input is empty: ours may be the file that is
    /// imported. One that prints `limit` bytes has said too much already and is ended too: we stop reading, and it
    /// would block for ever.
    func output(limit: Int, name: KeyName) throws(KeyError) -> SecretBytes {
        let deadline = patience.map { ContinuousClock.now + .milliseconds($0) }
        let (child, output) = try start(ownGroup: deadline != nil)
        let bytes: SecretBytes
        do throws(Errno) {
            bytes = try .read(from: FileDescriptor(output), limit: limit, until: deadline)
        } catch {
            end(child)
            throw error == .timedOut ? .timedOut(name) : .commandDidNotStart(errno: error)
        }
        guard bytes.count < limit else {
            end(child)
            return bytes
        }
        guard let status = Self.wait(for: child, until: deadline) else {
            end(child)
            throw .timedOut(name)
        }
        guard status == 0 else { throw .commandFailed(status: status) }
        return bytes
    }

    private func end(_ child: pid_t) {
        kill(patience == nil ? child : -child, SIGKILL)
        _ = Self.wait(for: child, until: nil)
    }

    private func start(ownGroup: Bool) throws(KeyError) -> (child: pid_t, output: Int32) {
        let (reading, writing): (Int32, Int32)
        do throws(Errno) { (reading, writing) = try FileDescriptor.pipe() } catch {
            throw .commandDidNotStart(errno: error)
        }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, writing, 1)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // Threads of ours may have been started by one that blocks signals (libdispatch's do), and a command that can't
        // be interrupted would be the outcome; a pipeline wants SIGPIPE.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigaddset(&signals, SIGPIPE)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        var flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        // Without a terminal it runs in a group of its own, so that all of it can be ended.
        if ownGroup {
            flags |= POSIX_SPAWN_SETPGROUP
            unsafe posix_spawnattr_setpgroup(&attributes, 0)
        }
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
        var child: pid_t = 0
        // Our environment without the variable that may hold a passphrase: it isn't meant for the command.
        let environment = Environment.entries(without: [PassphraseSource.secretVariable])
        let result = unsafe CStringArray(["sh", "-c", line]).withPointers { arguments in
            unsafe environment.withPointers { environment in
                unsafe posix_spawn(&child, "/bin/sh", &actions, &attributes, arguments, environment)
            }
        }
        close(writing)
        guard result == 0 else {
            close(reading)
            throw .commandDidNotStart(errno: Errno(result))
        }
        return (child, reading)
    }

    /// Whether a command could ask its user; it may take as long as it needs then.
    static var hasTerminal: Bool {
        (try? FileDescriptor.open("/dev/tty", [.readWrite, .noControllingTerminal])) != nil
    }

    /// The exit status as a shell counts it: 128 and the signal's number for a signal; nil at the deadline.
    private static func wait(for child: pid_t, until deadline: ContinuousClock.Instant?) -> Int32? {
        var status: Int32 = 0
        while true {
            let ended = unsafe waitpid(child, &status, deadline == nil ? 0 : WNOHANG)
            // ECHILD, where the process ignores SIGCHLD: the status is lost then, and the output decides.
            if ended > 0 || ended < 0 && errno != EINTR { break }
            guard let deadline, ended == 0 else { continue }
            guard ContinuousClock.now < deadline else { return nil }
            usleep(1000)
        }
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }
}
