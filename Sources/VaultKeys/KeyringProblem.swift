package import VaultSystem

/// Why the desktop keyring doesn't give or keep a key.
///
/// Each is told apart because each has a remedy of its own.
package enum KeyringProblem: Error, Equatable, Sendable {
    case libraryMissing
    /// There is a libsecret, and the loader fails, in its words.
    case libraryNotLoaded(String)
    /// This process has too little of what GLib takes.
    case limit(ResourceLimit)
    /// There is a libsecret, and it lacks a function.
    case libraryUnusable
    case noBus
    /// There should be a bus, and it doesn't let us in, in its words.
    case busRefuses(String)
    /// The bus is at an address of this kind, which doesn't show whose it is.
    case busAddress(String)
    /// The bus belongs to another user; nil where that can't be told.
    case foreignBus(user: UInt32?)
    /// The bus is ours, and the keyring on it another user's.
    case foreignService(user: UInt32)
    case noService
    case noCollection
    /// Locked, and no dialog may be shown.
    case locked
    /// The user dismissed the dialog, or access was denied.
    case dismissed
    /// The keyring answers, and has no item for the slot.
    case itemGone
    /// The item holds something else than a key.
    case itemForeign
    /// There is a key for the slot, and it is another one.
    case itemDoesNotFit
    /// An item that was deleted is still found.
    case itemStays
    case timedOut
    /// Its dialog stood there for two minutes, without a terminal and without an answer.
    case unanswered
    /// The keyring or its bus ended in mid-call.
    case vanished
    /// The collection's file has no password and is in clear.
    case plainText
    /// Whether the collection's file has a password can't be seen.
    case fileUnseen
    /// Which program it is, and how it keeps keys, isn't known.
    case unknownKeeper
    /// The default collection ends with the keyring's process.
    case memoryOnly
    /// Secrets would cross the bus unencrypted.
    case unencryptedTransport
    /// What was stored doesn't come back as it was.
    case notReadBack
    /// A call that should return a text returned none.
    case emptyAnswer
    /// A dialog is needed, and can't be shown.
    case noDialog
    /// Anything else, in the keyring's words.
    case failed(String)

    /// Whether it holds for every item: the user refused, or the keyring doesn't answer any more.
    package var endsTheSearch: Bool {
        switch self {
        case .dismissed, .timedOut, .unanswered, .vanished, .unencryptedTransport: true
        default: false
        }
    }

    /// Whether the keyring is there and another key, or its user, has to open the vault; else it isn't available.
    package var isLocked: Bool {
        switch self {
        case .locked, .dismissed, .itemGone, .itemForeign, .itemDoesNotFit: true
        case .libraryMissing, .libraryNotLoaded, .limit, .libraryUnusable, .noBus, .busRefuses, .busAddress,
            .foreignBus, .foreignService, .noService, .noCollection, .timedOut, .unanswered, .vanished, .plainText,
            .fileUnseen, .unknownKeeper, .memoryOnly, .unencryptedTransport, .itemStays, .notReadBack, .emptyAnswer,
            .noDialog, .failed:
            false
        }
    }
}

/// Runs what may fail for the keyring's sake, and throws that as what keeps a slot from being used.
package func mappingErrors<Result>(_ body: () throws(KeyringProblem) -> Result) throws(KeyError) -> Result {
    do { return try body() } catch { throw .keyring(error) }
}
