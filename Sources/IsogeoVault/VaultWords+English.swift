internal import VaultKeys
internal import VaultStore
internal import VaultSystem

// What this floor says in English besides its errors. Another language gets a file of its own.

extension AuditDetail {
    var words: String {
        switch self {
        case .none: ""
        case .former(let text), .route(let text), .unknown(let text): text
        case .sessionEnd(let seconds): "until \(Self.rfc3339(seconds))"
        case .keyEpoch(let epoch): "epoch \(epoch)"
        case .requests(let count, let first): "\(count) since \(Self.rfc3339(first))"
        case .format(let number): "format \(number)"
        }
    }
}

extension AlteredSlot {
    /// As `key remove` takes it.
    var shortID: String { KeySlot.shortID(of: id) }

    /// The slot within a sentence.
    var name: String {
        kind.map { "the slot \($0.rawValue) \(shortID)" } ?? "a slot that is gone, \(shortID)"
    }
}

extension SoleKey {
    /// The warning about a key that is lost easily, as part of a sentence; nil for other kinds.
    package var warning: String? {
        isEasilyLost
            ? "only \(KeyName.kind(kind).phrase) can open it; for another key: isogeo-vault key add recovery" : nil
    }

    /// What the user risks.
    package var sentence: String {
        isEasilyLost
            ? "Only \(KeyName.kind(kind).phrase) opens the vault: when it is reset, the vault is lost."
            : "One key alone opens the vault, a \(kind.rawValue): when that is lost, the vault is lost."
    }
}

extension HighWaterMark.Fault {
    fileprivate var sentence: String {
        switch self {
        case .unreadable(let error): error.sentence
        case .malformed(let path): "\(path) is no mark of this vault."
        case .unproven(let path): "\(path) wasn't written by this vault."
        }
    }
}

extension VaultNotice {
    var sentence: String {
        switch self {
        case .slotEdited(let slot):
            "In this vault \(slot.name) \(slot.kind == nil ? "is missing" : "was edited"): it can be read, and refuses "
                + "changes until `isogeo-vault key remove \(slot.shortID)`."
        case .keyringItemStays(let vault, let error, opensBackups: true):
            "The keyring keeps an item that opens only older backups: “isogeo-vault key of \(vault)”. \(error.sentence)"
        case .keyringItemStays(let vault, let error, opensBackups: false):
            "The keyring keeps an item that opens nothing any more: “isogeo-vault key of \(vault)”. \(error.sentence)"
        case .keyringItemReplaced: "Older backups no longer open by the desktop keyring: their key was deleted from it."
        case .sharedKeyFileKept(let path):
            "\(path) is a shared file and keeps its key: a copy of it opens the vault as before."
        case .keyFilePending(let path, let newKey):
            "\(path) couldn't be replaced: its new key is in \(newKey), which opens the vault."
        case .recoveryCodePending(let path, let code):
            "\(path) couldn't be made: the recovery code is in \(code), which opens the vault. Rename it: "
                + "mv \(code.shellWord) \(path.shellWord)"
        case .kernelKeyStays(let error):
            "The kernel may keep its half of a session until the session expires. \(error.sentence)"
        case .slotNotKept(let error): error.sentence
        case .keyringDialogWaits: "Waiting for the keyring's dialog…"
        case .passphraseInstead(let problem): "\(problem.sentence) The vault's passphrase will do."
        case .lifetimeAssumed: "The server doesn't say how long its token lives: an hour is assumed."
        case .noLeases(let error): "\(error.sentence) Other processes may request the same token at the same time."
        case .readOnly(let path): "The vault at \(path) is read-only: the token isn't kept."
        case .tokenNotStored(let error): "The token isn't kept. \(error.sentence) \(error.remedy)"
        case .staleToken(let error):
            "\(error.sentence) The cached token serves while it lives. \(error.remedy)"
        case .renewalFailed(let error): "The token isn't renewed yet. \(error.sentence) \(error.remedy)"
        case .refusedTokenStays(let error): "The refused token stays in the vault. \(error.sentence) \(error.remedy)"
        case .exposedSource(let unsafe):
            "\(unsafe.sentence) They may have its secret: if so, only a new one from Isogeo helps. Delete it once the vault "
                + "has it: shred -u \(unsafe.path.quotedForShell); or close it: chmod 600 \(unsafe.path.quotedForShell)."
        case .encodingMatters:
            "The id or secret has characters that servers read in two ways; it is sent raw, as Isogeo documents it. "
                + "If the server refuses it, import it again with --basic-encoding form --replace."
        case .sameClient(let origin, let names):
            "The same client_id at \(origin) is in the vault as \(names.map(\.description).joined(separator: ", ")) too: "
                + "when Isogeo issues a new secret, rotate each of them to it."
        case .unrecorded(let error): "The audit trail doesn't record this. \(error.sentence) \(error.remedy)"
        case .systemLogMissing(let kind, let error):
            "The system's log doesn't have the event “\(kind.rawValue)”. \(error.sentence) Start its daemon, or unset "
                + "ISOGEO_VAULT_SYSLOG, which is 1 or the absolute path of a socket."
        case .exportIncomplete(let options):
            "A client_secrets.json can't hold all settings: import it with \(options.joined(separator: " "))."
        case .unusableMark(let fault): "\(fault.sentence) This time a rollback of the vault can't be detected."
        case .unmarked(let error):
            "The vault has changed, and its mark can't be written: nothing will show it if an older copy of the vault is "
                + "put back. \(error.sentence) \(error.remedy)"
        case .acceptedReadOnly:
            "The vault is older than when it was last seen. It is read-only, so the warning will come again."
        case .converted(let path):
            "The vault at \(path) has format \(VaultFormat.current.rawValue) now: earlier versions of isogeo-vault can't "
                + "read it."
        case .olderKeyRestored:
            "The backup is from before the vault got a new key: the old keys open it again. If they were replaced for a "
                + "reason, give it another new key with `rekey`."
        }
    }
}

extension AuditEvent {
    /// The event on a line of the system's log.
    func line(of vault: String, _ head: AuditTrail.Head) -> String {
        // In quotation marks, so that no name passes for another field.
        let words = [("vault", vault), ("of", subject), ("detail", detail)].filter { !$0.1.isEmpty }.map {
            name,
            value in
            let quoted = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            return "\(name)=\"\(Array(quoted.utf8).escaped)\""
        }
        return (["event=\(kind.rawValue)", "head=\(head)"] + words).joined(separator: " ")
    }
}

extension AuditTrail.Head: CustomStringConvertible {
    /// The number, a colon, and the digest in hexadecimal digits, as `verify --expect` takes it.
    public var description: String { "\(number):\(HexadecimalDigits.text(digest))" }
}
