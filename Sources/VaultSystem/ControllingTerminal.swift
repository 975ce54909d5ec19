internal import CVaultLinux
internal import Glibc

/// The terminal that controls this process: `/dev/tty`, whatever the standard streams are.
package struct ControllingTerminal: ~Copyable {
    package let file: FileDescriptor

    /// Opens it.
    ///
    /// - Throws: why there is none.
    package init() throws(Errno) { file = try .open("/dev/tty", [.readWrite, .noControllingTerminal]) }

    /// Whether this process is in its foreground.
    ///
    /// In the background, switching echo off would stop the process until its user brings it back (SIGTTOU, tty(4)).
    package borrowing func isForeground() -> Bool { tcgetpgrp(file.number) == getpgrp() }

    /// Runs `body` while what is typed isn't shown; a signal that ends or stops the process shows it again first.
    ///
    /// - Throws: why it can't be hidden; nothing has run then.
    package borrowing func withoutEcho<Result>(_ body: () -> Result) throws(Errno) -> Result {
        let failure = cvault_terminal_hide_echo(file.number)
        guard failure == 0 else { throw Errno(failure) }
        defer { _ = cvault_terminal_show_echo() }
        return body()
    }
}
