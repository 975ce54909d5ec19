internal import Glibc
internal import IsogeoVault

/// The two standard streams, written by `write(2)`: what can't be written is an error and not lost in a buffer.
enum StandardOutput {
    /// Whether the result is shown to somebody by a terminal, which obeys what is in it.
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Writes a result.
    ///
    /// - Throws: `inputOutput`, as on a full disk. A reader that has gone ends us by SIGPIPE, like any filter.
    static func write(_ bytes: [UInt8]) throws(VaultError) {
        guard let failure = write(bytes, to: STDOUT_FILENO) else { return }
        throw VaultError(
            .inputOutput,
            "The result can't be written: \(unsafe String(cString: strerror(failure))).",
            remedy: "Look at where standard output goes."
        )
    }

    /// Writes a line for people; where nobody reads it, it is lost.
    static func say(_ text: String) { _ = write(Array("\(text)\n".utf8), to: STDERR_FILENO) }

    /// The `errno` of what failed.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written > 0 { rest = rest.dropFirst(written) } else if errno != EINTR { return errno }
        }
        return nil
    }
}
