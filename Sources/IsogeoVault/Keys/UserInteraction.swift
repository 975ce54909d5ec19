/// How the library reaches a person: what it may ask for, show, and say.
///
/// A service leaves all closures nil, and the library never waits for one of them. The library's functions throw what a
/// closure throws. A closure may block; none is called on Swift's pool.
public struct UserInteraction: Sendable {
    /// A secret that a person is asked for.
    public enum Request: Sendable {
        /// A passphrase that opens the vault.
        case passphrase
        /// The passphrase of this key slot.
        case slotPassphrase(VaultStatus.Slot)
        /// A new passphrase; the closure asks twice and compares.
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

    /// Asks for the requested secret, as `Asking` does.
    public var ask: (@Sendable (Request, inout OutputSpan<UInt8>) throws(VaultError) -> Void)?
    /// Shows a new recovery code.
    public var show: Showing?
    /// The file that gets a new recovery code, where the user named one; nothing is shown then.
    package var codeFile: String?
    /// Tells the person, in a sentence, that a dialog of the desktop keyring waits, or why the keyring isn't used;
    /// without it the keyring shows no dialog, and a locked keyring stays locked.
    public var tell: (@Sendable (_ sentence: String) -> Void)?

    /// The closures that a program has; a person can't be asked, shown or told anything by one that is omitted.
    public init(
        ask: (@Sendable (Request, inout OutputSpan<UInt8>) throws(VaultError) -> Void)? = nil,
        show: Showing? = nil,
        tell: (@Sendable (_ sentence: String) -> Void)? = nil
    ) {
        self.ask = ask
        self.show = show
        self.tell = tell
    }

    /// No person can be asked, shown or told anything.
    public static let none = UserInteraction()

    /// Asks for this one secret; nil where no person can be asked.
    package func asking(for request: Request) -> Asking? {
        guard let ask else { return nil }
        return { (secret) throws(VaultError) in try ask(request, &secret) }
    }

    /// Is called when the keyring shows a dialog; nil where it may show none.
    var onDialog: (@Sendable () -> Void)? {
        guard let tell else { return nil }
        return { tell(VaultNotice.keyringDialogWaits.sentence) }
    }

    func tell(_ notice: VaultNotice) { tell?(notice.sentence) }
}
