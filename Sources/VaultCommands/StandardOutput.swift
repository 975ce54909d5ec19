internal import IsogeoVault
internal import VaultSystem

/// The two standard streams, written by write(2): what can't be written is an error and not lost in a buffer.
enum StandardOutput {
    /// Whether the result is shown by a terminal, which obeys what is in it.
    static var isTerminal: Bool { FileDescriptor(borrowing: 1).isTerminal() }

    /// Writes a result.
    ///
    /// - Throws: `inputOutput`, as on a full disk. A reader that has gone ends us by SIGPIPE, like any filter.
    static func write(_ bytes: [UInt8]) throws(VaultError) {
        do throws(Errno) { try FileDescriptor(borrowing: 1).write(bytes.span) } catch {
            throw VaultError(.output(error))
        }
    }

    /// Writes a line for people; where nothing takes it, it is lost.
    static func say(_ text: String) { try? FileDescriptor(borrowing: 2).write(Array("\(text)\n".utf8).span) }
}
