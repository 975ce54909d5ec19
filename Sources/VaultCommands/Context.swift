package import IsogeoVault

/// The doors of the commands to the world: what they print, whom they ask, which vault functions they call on.
///
/// A test runs a command with doors of its own.
package struct Context: Sendable {
    /// The result, and nothing else.
    package var output: @Sendable ([UInt8]) throws(VaultError) -> Void
    /// A line on standard error.
    package var line: @Sendable (String) -> Void
    /// Who can be asked for a passphrase; nil where nobody can.
    package var terminal: @Sendable () -> (any PassphrasePrompting)?
    /// The clock, the network.
    package var doors: VaultDoors

    package init(
        output: @escaping @Sendable ([UInt8]) throws(VaultError) -> Void,
        line: @escaping @Sendable (String) -> Void,
        terminal: @escaping @Sendable () -> (any PassphrasePrompting)?,
        doors: VaultDoors
    ) {
        self.output = output
        self.line = line
        self.terminal = terminal
        self.doors = doors
    }

    @TaskLocal package static var current = Context.real

    /// Standard output and error, the terminal, the real clock and network.
    package static let real = Context(
        output: { (bytes) throws(VaultError) in try StandardOutput.write(bytes) },
        line: { StandardOutput.say($0) },
        terminal: { Terminal.forPrompts },
        doors: .real
    )

    /// Says something to people; what a terminal would obey is shown instead.
    func message(_ text: String) { line("isogeo-vault: \(text.visibleLines)") }

    /// Tells people of an error and its remedy, each on a line.
    func message(_ error: VaultError) { message("\(error.sentence.visible)\n  \(error.remedy.visible)") }

    /// Prints a result as text, followed by a newline.
    func print(_ text: String) throws(VaultError) { try output(Array("\(text)\n".utf8)) }
}
