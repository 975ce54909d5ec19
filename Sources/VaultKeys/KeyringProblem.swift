/// Why the desktop keyring doesn't give or keep a key.
///
/// Each is told apart because each has a remedy of its own.
package enum KeyringProblem: Error, Equatable, Sendable {
    case libraryMissing
    /// There is a libsecret, and it lacks a function.
    case libraryUnusable
    case noBus
    /// There should be a bus, and it doesn't let us in, in its words.
    case busRefuses(String)
    case noService
    case noCollection
    /// Locked, and nobody can be asked.
    case locked
    /// Somebody was asked and wouldn't, or access was denied.
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
    /// The default collection ends with the keyring's process.
    case memoryOnly
    /// Secrets would cross the bus unencrypted.
    case unencryptedTransport
    /// What was stored doesn't come back as it was.
    case notReadBack
    /// Anything else, in the keyring's words.
    case failed(String)

    /// What happened, in one sentence.
    package var sentence: String {
        switch self {
        case .libraryMissing: "libsecret isn't installed, and the desktop keyring is reached through it."
        case .libraryUnusable: "The libsecret that is installed lacks what is needed to reach the desktop keyring."
        case .noBus: "There is no session bus here, and so no desktop keyring."
        case .busRefuses(let words): "The session bus can't be reached: \(words)."
        case .noService: "No desktop keyring is running: nobody on the session bus is org.freedesktop.secrets."
        case .noCollection: "The desktop keyring has no default collection to keep a key in."
        case .locked: "The desktop keyring is locked, and nobody can be asked to unlock it."
        case .dismissed: "The keyring's dialog was dismissed, or access was denied."
        case .itemGone: "The desktop keyring doesn't have this vault's key any more."
        case .itemForeign: "What the desktop keyring has for this vault is no key."
        case .itemDoesNotFit: "The key that the desktop keyring has for this vault doesn't open it."
        case .itemStays: "It was deleted, and the keyring still has it."
        case .timedOut: "The desktop keyring doesn't answer."
        case .unanswered: "Nobody answered the keyring's dialog for two minutes."
        case .vanished: "The desktop keyring, or its bus, ended while it was asked."
        case .plainText: "The desktop keyring has no password: its file is in clear."
        case .fileUnseen: "Whether the desktop keyring has a password can't be seen: its file isn't where it should be."
        case .memoryOnly: "The desktop keyring's default collection is kept in memory alone, and ends with the session."
        case .unencryptedTransport: "The desktop keyring gives and takes keys in clear over the bus."
        case .notReadBack: "The desktop keyring doesn't give back the key that was stored in it."
        case .failed(let words): "The desktop keyring fails: \(words)."
        }
    }

    /// What to do now.
    package var remedy: String {
        switch self {
        case .libraryMissing: "Install it (sudo apt install libsecret-1-0), or use another key, such as a key file."
        case .libraryUnusable:
            "Install libsecret 0.20 or later (libsecret-1-0), or use another key, such as a key file."
        case .noBus, .busRefuses:
            "Run it in your desktop's session; over SSH, in cron or in a container use another key: --key-file, "
                + "--passphrase-file."
        case .noService:
            "Start one (gnome-keyring, KWallet, or KeePassXC with its Secret Service switched on), or use another key: "
                + "--key-file, --passphrase-file."
        case .noCollection:
            "Make one: a password keyring that is the default (Passwords and Keys), or in KeePassXC a database that "
                + "is open, with a group that is exposed."
        case .locked:
            "Unlock it on the desktop and try again, or use another key: --key-file, --passphrase-file, --recovery."
        case .dismissed, .unanswered:
            "Run it again and answer the dialog, or use another key: --key-file, --passphrase-file, --recovery."
        case .itemGone, .itemForeign, .itemDoesNotFit:
            "Open the vault by another key (--recovery, --passphrase-file, --key-file), and then put a new key into the "
                + "keyring: isogeo-vault key change keyring keyring."
        case .timedOut:
            "See whether it hangs, or waits for somebody at another screen; or use another key: --key-file, "
                + "--passphrase-file."
        case .vanished: "Run it again; where it ends again, start it anew by logging out and in."
        case .itemStays: "Delete it by hand (Passwords and Keys)."
        case .plainText:
            "Give it a password (Passwords and Keys: Change Password), or make one that has a password the default; the "
                + "first import takes it as it is with --protect keyring."
        case .fileUnseen:
            "Set HOME and XDG_DATA_HOME as your desktop does, or take the keyring as it is with --protect keyring."
        case .memoryOnly:
            "Make one that lasts the default (Passwords and Keys), or use another key, such as a key file."
        case .unencryptedTransport: "Update or replace it, or use another key, such as a key file."
        case .notReadBack, .failed:
            "See what the keyring logs (journalctl --user), or use another key, such as a key file."
        }
    }

    /// Whether it says as much of every item: somebody said no, or there is nobody to ask any more.
    var endsTheSearch: Bool {
        switch self {
        case .dismissed, .timedOut, .unanswered, .vanished, .unencryptedTransport: true
        default: false
        }
    }

    /// Whether another key, or somebody, has to open the vault; else the keyring isn't available.
    package var isLocked: Bool {
        switch self {
        case .locked, .dismissed, .itemGone, .itemForeign, .itemDoesNotFit: true
        case .libraryMissing, .libraryUnusable, .noBus, .busRefuses, .noService, .noCollection, .timedOut,
            .unanswered, .vanished, .plainText, .fileUnseen, .memoryOnly, .unencryptedTransport, .itemStays,
            .notReadBack, .failed:
            false
        }
    }
}

/// Runs what may fail for the keyring's sake, and throws that as what keeps a slot from being used.
package func mappingErrors<Result>(_ body: () throws(KeyringProblem) -> Result) throws(KeyError) -> Result {
    do { return try body() } catch { throw .keyring(error) }
}
