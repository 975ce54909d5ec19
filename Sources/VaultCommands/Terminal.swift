internal import CVaultLinux
internal import Glibc
package import IsogeoVault

/// Somebody who can be asked for a passphrase.
package protocol PassphrasePrompting: Sendable {
    /// Shows `prompt` and appends what is typed, without its line end.
    ///
    /// - Throws: `locked` when the prompt is dismissed, or more is typed than a passphrase has.
    func ask(_ prompt: String, into passphrase: inout OutputSpan<UInt8>) throws(VaultError)

    /// Shows a recovery code, once.
    func show(recoveryCode: Span<UInt8>) throws(VaultError)
}

/// The terminal that controls this process: `/dev/tty`, whatever the standard streams are.
struct Terminal: PassphrasePrompting {
    /// The terminal, where there is one and this process is in its foreground.
    ///
    /// In the background, switching echo off would stop the process until somebody brings it back (SIGTTOU, tty(4)).
    static var forPrompts: Terminal? {
        guard let terminal = openTerminal() else { return nil }
        defer { close(terminal) }
        return tcgetpgrp(terminal) == getpgrp() ? Terminal() : nil
    }

    func ask(_ prompt: String, into passphrase: inout OutputSpan<UInt8>) throws(VaultError) {
        guard let terminal = Self.openTerminal() else { throw Self.failure(errno) }
        defer { close(terminal) }
        let hidden = cvault_terminal_hide_echo(terminal)
        guard hidden == 0 else { throw Self.failure(hidden) }
        let result = Self.readLine(from: terminal, prompt: prompt, into: &passphrase)
        _ = cvault_terminal_show_echo()
        // The line end that was typed was not shown.
        Self.show("\n", on: terminal)
        try result.get()
    }

    func show(recoveryCode: Span<UInt8>) throws(VaultError) {
        guard let terminal = Self.openTerminal() else { throw Self.failure(errno) }
        defer { close(terminal) }
        Self.show("Recovery code of the vault. Write it down now: it is shown this once.\n\n    ", on: terminal)
        let written = unsafe recoveryCode.withUnsafeBufferPointer { unsafe write(terminal, $0.baseAddress, $0.count) }
        guard written == recoveryCode.count else { throw Self.failure(errno) }
        Self.show("\n\nKeep it on paper, apart from this computer.\n", on: terminal)
    }

    private static func readLine(
        from terminal: Int32,
        prompt: String,
        into passphrase: inout OutputSpan<UInt8>
    ) -> Result<Void, VaultError> {
        show(prompt, on: terminal)
        while true {
            guard !passphrase.isFull else { return .failure(tooLong) }
            let got = unsafe passphrase.withUnsafeMutableBufferPointer { buffer, count in
                let got = unsafe read(terminal, buffer.baseAddress?.advanced(by: count), buffer.count - count)
                if got > 0 { count += got }
                return got
            }
            switch got {
            case 0: return .failure(dismissed)
            case ..<0: if errno != EINTR { return .failure(failure(errno)) }
            default:
                guard passphrase.span[passphrase.count - 1] == UInt8(ascii: "\n") else { continue }
                passphrase.removeLast(1)
                return .success(())
            }
        }
    }

    private static func openTerminal() -> Int32? {
        let terminal = unsafe open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
        return terminal >= 0 ? terminal : nil
    }

    private static func show(_ text: String, on terminal: Int32) {
        let bytes = Array(text.utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe write(terminal, $0.baseAddress, $0.count) }
    }

    private static func failure(_ code: Int32) -> VaultError {
        VaultError(
            .locked,
            "The terminal can't be asked: \(unsafe String(cString: strerror(code))).",
            remedy: "Name a key with --key-file or --passphrase-file."
        )
    }

    private static let dismissed = VaultError(
        .locked,
        "No passphrase was typed.",
        remedy: "Run it again and type one, or name a key with --key-file or --passphrase-file."
    )
    private static let tooLong = VaultError(
        .locked,
        "The passphrase is longer than 1024 bytes.",
        remedy: "Type a shorter one, or use a key file."
    )
}
