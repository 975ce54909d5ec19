internal import IsogeoVault
internal import VaultSystem

/// The terminal that controls this process.
enum Terminal {
    /// The terminal, where there is one and this process is in its foreground.
    static var interaction: UserInteraction? {
        guard let terminal = try? ControllingTerminal(), terminal.isForeground() else { return nil }
        return UserInteraction(
            prompting: { (prompt, secret) throws(VaultError) in try ask(prompt, into: &secret) },
            showing: { (code) throws(VaultError) in try show(recoveryCode: code) }
        )
    }

    /// Shows `prompt` and appends what is typed, without its line end.
    ///
    /// - Throws: `locked` if nothing is typed, or more than a passphrase can have.
    private static func ask(_ prompt: String, into passphrase: inout OutputSpan<UInt8>) throws(VaultError) {
        let terminal = try open()
        let result: Result<Void, VaultError>
        do throws(Errno) {
            result = try terminal.withoutEcho { readLine(from: terminal, prompt: prompt, into: &passphrase) }
        } catch {
            throw VaultError(.terminal(error))
        }
        // The terminal didn't show the line end that was typed.
        try? show("\n", on: terminal)
        try result.get()
    }

    private static func show(recoveryCode: Span<UInt8>) throws(VaultError) {
        let terminal = try open()
        do throws(Errno) {
            try show("Recovery code of the vault. Write it down now: it is shown only once.\n\n    ", on: terminal)
            try terminal.file.write(recoveryCode)
            try show("\n\nKeep it on paper, apart from this computer.\n", on: terminal)
        } catch {
            throw VaultError(.terminal(error))
        }
    }

    private static func readLine(
        from terminal: borrowing ControllingTerminal,
        prompt: String,
        into passphrase: inout OutputSpan<UInt8>
    ) -> Result<Void, VaultError> {
        do throws(Errno) {
            try show(prompt, on: terminal)
            while !passphrase.isFull {
                guard try terminal.file.read(into: &passphrase) > 0 else { return .failure(VaultError(.nothingTyped)) }
                guard passphrase.span[passphrase.count - 1] == UInt8(ascii: "\n") else { continue }
                passphrase.removeLast(1)
                return .success(())
            }
            return .failure(VaultError(.passphraseTooLong))
        } catch {
            return .failure(VaultError(.terminal(error)))
        }
    }

    private static func open() throws(VaultError) -> ControllingTerminal {
        do throws(Errno) { return try ControllingTerminal() } catch { throw VaultError(.terminal(error)) }
    }

    private static func show(_ text: String, on terminal: borrowing ControllingTerminal) throws(Errno) {
        try terminal.file.write(Array(text.utf8).span)
    }
}
