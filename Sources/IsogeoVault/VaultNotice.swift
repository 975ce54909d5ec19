internal import VaultKeys
internal import VaultStore
internal import VaultSystem

/// What a person should know though the call succeeds, as data; its words are in `VaultWords+English.swift`.
enum VaultNotice: Sendable {
    // MARK: - Keys

    /// The slot doesn't match the header.
    case slotEdited(AlteredSlot)
    /// The item of a slot that is gone; it may still open backups.
    case keyringItemStays(vault: String, KeyError, opensBackups: Bool)
    case keyringItemReplaced
    case sharedKeyFileKept(String)
    /// The new key of a key file couldn't be renamed to the file's path.
    case keyFilePending(String, newKey: String)
    /// A file with a new recovery code couldn't be renamed to its path.
    case recoveryCodePending(String, code: String)
    case kernelKeyStays(KeyError)
    /// A slot that opens without being named can't get the new key, and needs another way.
    case slotNotKept(KeyError)
    case keyringDialogWaits
    /// What opens the vault without being named doesn't, and a passphrase is asked for instead.
    case passphraseInstead(any Problem)

    // MARK: - Tokens

    case lifetimeAssumed
    /// Without locks, several processes may send the same request.
    case noLeases(StoreError)
    case readOnly(path: String)
    case tokenNotStored(VaultError)
    /// The cached token stands in for a new one.
    case staleToken(VaultError)
    case renewalFailed(VaultError)
    case refusedTokenStays(VaultError)

    // MARK: - Applications

    /// Others can read a file from which a credential was taken.
    case exposedSource(UnsafePath)
    /// Raw and form encoding differ for the id or the secret.
    case encodingMatters
    /// The same client_id of the same endpoint has other names too.
    case sameClient(origin: String, [ApplicationName])
    /// A secret left the vault although the audit trail can't say so.
    case unrecorded(VaultError)
    case systemLogMissing(AuditEvent.Kind, SystemError)
    /// The settings that a `client_secrets.json` has no member for, as options of an import.
    case exportIncomplete(options: [String])

    // MARK: - Rollback

    case unusableMark(HighWaterMark.Fault)
    /// The vault changed, and the state that it has now can't be marked.
    case unmarked(StoreError)
    /// The vault is older than its mark, and can't be marked as accepted.
    case acceptedReadOnly
    case olderKeyRestored
    /// The file was converted into the present format.
    case converted(path: String)
}

/// A warning about a state that lasts until a person corrects it.
///
/// cron mails each line that a command prints: one warning a day is enough.
package enum RecurringWarning: String, Sendable {
    case readOnly = "read-only"
    case slotEdited = "slot-edited"
    case unusableMark = "unusable-mark"
    case noLeases = "no-leases"
    case lifetimeUnknown = "lifetime-unknown"
}

extension VaultNotice {
    /// The state that it warns of, if that lasts; nil for a single event.
    var recurrence: RecurringWarning? {
        switch self {
        case .slotEdited: .slotEdited
        case .lifetimeAssumed: .lifetimeUnknown
        case .noLeases: .noLeases
        case .readOnly: .readOnly
        case .unusableMark, .acceptedReadOnly: .unusableMark
        default: nil
        }
    }

    /// Whether it is given also where all other warnings are silenced: another may get, alter or exchange what the
    /// vault keeps, nothing would show that, or what opens the vault now isn't where its user left it.
    var isAboutSafety: Bool {
        switch self {
        case .slotEdited, .keyringItemStays, .sharedKeyFileKept, .keyFilePending, .recoveryCodePending, .kernelKeyStays,
            .exposedSource, .unrecorded, .systemLogMissing, .unusableMark, .unmarked, .acceptedReadOnly,
            .olderKeyRestored:
            true
        case .keyringItemReplaced, .keyringDialogWaits, .slotNotKept, .passphraseInstead, .lifetimeAssumed, .noLeases,
            .readOnly, .tokenNotStored, .staleToken, .renewalFailed, .refusedTokenStays, .encodingMatters, .sameClient,
            .exportIncomplete, .converted:
            false
        }
    }
}
