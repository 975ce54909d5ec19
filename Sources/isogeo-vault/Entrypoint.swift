internal import CVaultLinux
internal import CVaultWipingFree
internal import Glibc
internal import IsogeoVault
internal import VaultCommands

@main
enum Entrypoint {
    static func main() {
        ProcessHardening.apply()
        BlockingExecutor.runProgram { await VaultCommand.run() }
    }
}

/// What the process does for its secrets before it reads anything.
enum ProcessHardening {
    /// Variables by which the environment could make our libraries write secrets down, divert them, keep them in memory
    /// that isn't locked, or load other code.
    private static let distrusted = [
        "SSLKEYLOGFILE", "OPENSSL_CONF", "OPENSSL_CONF_INCLUDE", "OPENSSL_ENGINES", "OPENSSL_MODULES", "SECRET_BACKEND",
        "SECRET_FILE_TEST_PATH", "SECRET_FILE_TEST_PASSWORD", "SECMEM_FORCE_FALLBACK", "G_DEBUG", "G_MESSAGES_DEBUG",
        "G_DBUS_DEBUG", "GIO_EXTRA_MODULES", "GIO_MODULE_DIR",
    ]

    static func apply() {
        Hardening.wipesFreedMemory(cvault_wiping_free_wipes() == 1)
        // `exec` gives all of it back to what it starts.
        cvault_remember_start()
        openStandardStreams()
        // Neither a core file nor /proc/PID/mem nor ptrace shows the memory to other programs of the user.
        _ = cvault_set_not_dumpable()
        _ = cvault_forbid_core_files()
        // Where SWIFT_BACKTRACE says so, as in many images of servers, Swift's runtime has a crash told by another
        // program: registers, and the memory that they point to, on standard error and so in a log.
        _ = cvault_forget_crash_handlers()
        // Guarded memory is locked as far as the limit goes: all that we may have is ours.
        _ = cvault_raise_lock_limit()
        umask(0o077)
        for name in distrusted where unsafe getenv(name) != nil {
            Hardening.withheld(name)
            unsafe cvault_set_aside_variable(name)
        }
        Unlocking.hideEnvironmentPassphrase()
    }

    // A program that is started without them would get its vault's descriptor as 2, and write messages into it. What
    // stands in for standard output can't be written: a result that reaches nobody is a failure.
    private static func openStandardStreams() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            // It gets the lowest number that is free, which is this one.
            _ = unsafe open("/dev/null", descriptor == STDOUT_FILENO ? O_RDONLY : O_RDWR)
            cvault_remember_closed_stream(descriptor)
        }
    }
}
