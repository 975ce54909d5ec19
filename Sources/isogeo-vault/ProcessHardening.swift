internal import CVaultLinux
internal import CVaultWipingFree
internal import Glibc
internal import IsogeoVault
internal import VaultCommands

/// What the process does to protect its secrets before it reads anything.
enum ProcessHardening {
    /// Variables that could make our libraries write secrets down, divert them, keep them in memory that isn't locked,
    /// or load other code.
    private static let distrusted = [
        "SSLKEYLOGFILE", "OPENSSL_CONF", "OPENSSL_CONF_INCLUDE", "OPENSSL_ENGINES", "OPENSSL_MODULES", "SECRET_BACKEND",
        "SECRET_FILE_TEST_PATH", "SECRET_FILE_TEST_PASSWORD", "SECMEM_FORCE_FALLBACK", "G_DEBUG", "G_MESSAGES_DEBUG",
        "G_DBUS_DEBUG", "GIO_EXTRA_MODULES", "GIO_MODULE_DIR",
    ]

    static func apply() {
        Hardening.wipesFreedMemory(cvault_wiping_free_wipes() == 1)
        // `exec` restores all of it for the program that it starts.
        cvault_remember_start()
        openStandardStreams()
        // Neither a core file nor /proc/PID/mem nor ptrace shows the memory to other programs of the user.
        _ = cvault_set_not_dumpable()
        _ = cvault_forbid_core_files()
        // If SWIFT_BACKTRACE asks for it, as in many server images, Swift's runtime starts another program at a crash,
        // which writes registers, and the memory that they point to, to standard error and so into a log.
        _ = cvault_forget_crash_handlers()
        // A write beyond `ulimit -f` is an error of writing, with a sentence.
        _ = cvault_survive_file_limit()
        // Guarded memory is locked up to the limit, so raise it as far as we may.
        _ = cvault_raise_lock_limit()
        umask(0o077)
        for name in distrusted where unsafe getenv(name) != nil {
            Hardening.withheld(name)
            unsafe cvault_set_aside_variable(name)
        }
        Unlocking.hideEnvironmentPassphrase()
    }

    // A process that is started without them would get the vault's descriptor as 2, and write messages into the vault.
    // The replacement of standard output can't be written, because a result that nothing reads is a failure.
    private static func openStandardStreams() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            // open(2) returns the lowest free number, which is this one.
            _ = unsafe open("/dev/null", descriptor == STDOUT_FILENO ? O_RDONLY : O_RDWR)
            cvault_remember_closed_stream(descriptor)
        }
    }
}
