internal import CVaultLinux
internal import CVaultWipingFree
internal import Glibc

/// What the process does for its secrets before it reads anything.
enum ProcessHardening {
    /// Variables by which the environment could make our libraries write secrets down, or divert them.
    private static let distrusted = [
        "SSLKEYLOGFILE", "OPENSSL_CONF", "SECRET_BACKEND", "SECRET_FILE_TEST_PATH", "SECRET_FILE_TEST_PASSWORD",
        "G_MESSAGES_DEBUG",
    ]

    static func apply() {
        precondition(cvault_wiping_free_is_linked() == 1)
        openStandardStreams()
        // Neither a core file nor /proc/PID/mem nor ptrace shows the memory to other programs of the user.
        _ = cvault_set_not_dumpable()
        _ = cvault_forbid_core_files()
        // Guarded memory is locked as far as the limit goes: all that we may have is ours.
        _ = cvault_raise_lock_limit()
        umask(0o077)
        for name in distrusted { unsafe unsetenv(name) }
    }

    // A program that is started without them would get its vault's descriptor as 2, and write messages into it.
    private static func openStandardStreams() {
        while true {
            let descriptor = unsafe open("/dev/null", O_RDWR)
            guard descriptor >= 0, descriptor <= STDERR_FILENO else {
                if descriptor > STDERR_FILENO { close(descriptor) }
                return
            }
        }
    }
}
