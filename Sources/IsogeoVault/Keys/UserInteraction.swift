/// How the library reaches a person: what it may ask for, show, and say.
///
/// A part that is nil can't be done here, and is never waited for: a service has none of them. What a closure throws is
/// thrown by the function that called it. Any of them may block; none is called on Swift's pool.
public struct UserInteraction: Sendable {
    /// What a person is asked for.
    public enum Request: Sendable {
        /// A passphrase that opens the vault.
        case passphrase
        /// The passphrase of this key slot.
        case slotPassphrase(VaultStatus.Slot)
        /// A new passphrase; asking twice, and comparing, is the closure's business.
        case newPassphrase
        /// A recovery code.
        case recoveryCode
    }

    /// Asks for one secret and appends its bytes, at most 1 024, without a line end.
    ///
    /// The output's memory is guarded, locked, and wiped afterwards.
    public typealias Asking = @Sendable (inout OutputSpan<UInt8>) throws(VaultError) -> Void

    /// Shows a new recovery code, 77 ASCII characters without a line end, to print it or to write it down.
    ///
    /// It is the only time that the code can be seen.
    public typealias Showing = @Sendable (Span<UInt8>) throws(VaultError) -> Void

    /// Asks for what is requested, as `Asking` does.
    public var ask: (@Sendable (Request, inout OutputSpan<UInt8>) throws(VaultError) -> Void)?
    /// Shows a new recovery code.
    public var show: Showing?
    /// Says, in a sentence, that a dialog of the desktop keyring waits, or why a passphrase is asked for instead; without
    /// it no dialog is raised, and a keyring that is locked stays so.
    public var tell: (@Sendable (_ sentence: String) -> Void)?

    /// What can be done here; a part that is left out can't.
    public init(
        ask: (@Sendable (Request, inout OutputSpan<UInt8>) throws(VaultError) -> Void)? = nil,
        show: Showing? = nil,
        tell: (@Sendable (_ sentence: String) -> Void)? = nil
    ) {
        self.ask = ask
        self.show = show
        self.tell = tell
    }

    /// Nobody is asked, shown or told anything.
    public static let none = UserInteraction()

    /// Asks for this one secret; nil where nothing can be asked for.
    package func asking(for request: Request) -> Asking? {
        guard let ask else { return nil }
        return { (secret) throws(VaultError) in try ask(request, &secret) }
    }

    /// What is called when a dialog of the keyring is up; nil where none may be raised.
    var onDialog: (@Sendable () -> Void)? {
        guard let tell else { return nil }
        return { tell("Waiting for the keyring's dialog…") }
    }
}
