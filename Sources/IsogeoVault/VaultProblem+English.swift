internal import VaultCrypto
internal import VaultHTTP
internal import VaultKeys
internal import VaultOAuth
internal import VaultStore
internal import VaultSystem

// What this floor's errors say in English. Another language gets a file of its own.

extension VaultProblem {
    package var sentence: String {
        switch self {
        case .store(let error), .unusableStateFolder(let error), .sessionsUnknown(let error): error.sentence
        case .keys(let error), .unreadableInput(let error), .keyFileNotReplaced(let error): error.sentence
        case .oauth(let error), .givenByHand(let error), .environment(.address(let error, _)): error.sentence
        case .tokenRequest(let error, let application, let endpoint): "\(application) at \(endpoint): \(error.sentence)"
        case .cannotDelete(let error): error.sentence
        case .cannotWrite(let path, let errno):
            "\(path) can't be written: \(errno.map { "\($0)" } ?? "it names no file")."
        case .closed: "The vault was closed."
        case .cancelled: "The call was cancelled."
        case .damaged(let damage): damage.sentence
        case .keyChanged: "The vault has a new key now."
        case .slotCount(let limit, _): "A vault has 1 to \(limit) key slots."
        case .unrecorded(let problem):
            "The audit trail can't record that the secret leaves the vault, so it stays. \(problem.sentence)"
        case .unrecordedReadOnly(let path):
            "The vault at \(path) is read-only: its audit trail can't record that the secret leaves it."
        case .rolledBack(let path, .olderKey): "The vault at \(path) is older than it was: it has had a newer key here."
        case .rolledBack(let path, .generation(let present, let seen)):
            "The vault at \(path) is older than it was: change \(present) where there was a change \(seen)."
        case .rolledBack(let path, .olderFormat):
            "The vault at \(path) is older than it was: its file had a later format here."
        case .rolledBack(let path, .entry(let present, let seen)):
            "The vault at \(path) is older than it was: its audit trail ends with entry \(present), and had entry \(seen)."
        case .rolledBack(let path, .forked(let number)):
            "The vault at \(path) isn't the one that was here: entry \(number) of its audit trail was another one."
        case .variableNotUTF8(let name, let value): "The value of \(name) isn't UTF-8: \(value.escaped)"
        case .noHome: "There is no home folder to look for the vault in."
        case .homeMissing(let home): "The home folder \(home) doesn't exist, and the vault would be made in it."
        case .noStateFolder: "There is no home folder."
        case .restoresItself(let path): "\(path) is the vault itself, and not a backup of it."
        case .fileExists(let path): "There is a file \(path) already."
        case .backupExists(let path): "There is a file at \(path) already."
        case .noKeyNamed(credentials: nil): "The vault is locked, and nothing says how to open it."
        case .noKeyNamed(let folder?):
            "The vault is locked, and nothing says how to open it. $CREDENTIALS_DIRECTORY, \(folder), has no "
                + "isogeo-vault.key and no isogeo-vault.passphrase."
        case .sessionNotEnough: "A session isn't enough for this: a key is needed."
        case .opensVaultAlready(let key): "\(key.subject) opens this vault already."
        case .recoveryCodeChosen: "A recovery code opens only the vault that it was made for."
        case .passphraseCount(let limit):
            "A vault has at most \(limit) passphrases: each is tried, and each try takes its time."
        case .unknownSlot(let text, _): "The vault has no key slot \(text)."
        case .ambiguousSlot(let text, _): "\(text) means more than one key slot."
        case .shownCodeVoid(let problem): problem.sentence
        case .slotsUnsettled(let slots): "Nothing says whether these key slots stay or go: \(list(slots))."
        case .noSlotLeft: "No key slot would be left."
        case .opensNoOtherSlot(let key, _): "\(key.subject) opens no key slot that isn't kept already."
        case .wrongPassphrase(let slot):
            "That isn't the passphrase of the key slot \(slot), and nothing was changed."
        case .slotsChanged: "The vault's key slots were changed meanwhile."
        case .sessionDuration(let days): "A session lasts 1 second to \(days) days."
        case .sharedUserID:
            "This container has no user namespace: a process with this uid outside of it, or in another container, "
                + "could use the session."
        case .applicationExists(let name): "There is an application \(name) already."
        case .noApplication(let name?, _, _): "There is no application \(name) in the vault."
        case .noApplication(nil, _, 0): "The vault holds no application."
        case .noApplication(nil, _, let count): "The vault holds \(count) applications, and none was named."
        case .misleadingName(let place): "The name contains \(place.words), by which it could look like another one."
        case .noName: "The client_id makes no name."
        case .notDeleted(let source): "\(source.reason): nothing was deleted."
        case .environment(let problem): problem.sentence
        case .lifetimeTooShort(let seconds, let minimum):
            "The server grants tokens for \(seconds) s, which is no more than the \(minimum) s that are wanted."
        case .proofOfAnother: "The proof is of another credential than the one that is added."
        case .nothingCached: "Nothing is cached of a credential without a vault."
        case .applicationChanged(let name): "Another process changed \(name) meanwhile."
        case .noUsableToken: "The vault has no usable token, and the server may not be asked for one."
        case .refreshOffline: "A new token can't be had without asking the server."
        case .remembered(_, let sentence, _): sentence
        case .apiBase(let error): error.sentence(of: .api)
        case .apiBaseUnknown(let name, let endpoint):
            "The API address of \(name) is unknown; its tokens come from \(endpoint.origin)."
        case .apiPath(let problem): problem.sentence
        case .apiRequest(let error, let origin): "\(error.sentence(of: .api)) (\(origin))"
        case .apiAnswer(let answer, let parties): answer.sentence(of: parties)
        case .apiStalled(let origin): "The API's answer stopped arriving. (\(origin))"
        case .apiReaderStopped: "The answer wasn't read to its end."
        case .notAListOfShares: "The API's answer isn't a list of shares."
        case .afterGrant(let problem): "The token was granted. \(problem.sentence)"
        case .refusedBefore(let problem, let time):
            "\(problem.sentence) That was at \(HTTPDate.format(time)), and it wasn't asked again."
        }
    }

    package var remedy: String {
        switch self {
        case .store(let error): error.remedy
        case .keys(let error), .unreadableInput(let error): error.remedy
        case .oauth(let error), .tokenRequest(let error, _, _), .givenByHand(let error): error.remedy
        case .cannotDelete: "Check the path, the room on its disk, and who may write there."
        case .cannotWrite: "Name a file in a folder of yours, on a disk with room."
        case .closed: "Open it again."
        case .cancelled: "Request the token again if you still need it."
        case .damaged(.slotsEdited(let slots)):
            "Restore a backup, or remove the altered slots: isogeo-vault key remove \(slots.first?.shortID ?? "ID")."
        case .damaged: "Restore a backup; trying again doesn't help."
        case .keyChanged: "Unlock it again."
        case .slotCount(_, isEmpty: true): "Add another key before you remove the last one."
        case .slotCount: "Remove a key that you no longer need."
        case .unrecorded(let problem): problem.remedy
        case .unrecordedReadOnly: "If nothing need be recorded, say --unlogged."
        case .rolledBack:
            "Restore the newest backup: isogeo-vault restore FILE. Or, if you have put it back yourself, say so "
                + "once with --accept-rollback: what was changed since then is lost, and old secrets and keys count "
                + "again."
        case .variableNotUTF8: "Rename the file or folder to a name in UTF-8, or unset the variable."
        case .noHome: "Say where it is: --vault PATH, or the variable ISOGEO_VAULT."
        case .homeMissing: "Make it, set HOME, or say where the vault is: --vault PATH, or the variable ISOGEO_VAULT."
        case .noStateFolder, .unusableStateFolder:
            "Where it should be, set XDG_STATE_HOME to a folder of your own."
        case .restoresItself: "Name a file that isogeo-vault backup has written."
        case .fileExists: "Name one that doesn't exist yet."
        case .backupExists: "Name another one."
        case .noKeyNamed(credentials: nil), .sessionNotEnough: "Name a key with \(Self.waysToName)."
        case .noKeyNamed:
            "Give the credential one of these names, as in LoadCredential=isogeo-vault.key:PATH. Or name a key with "
                + "\(Self.waysToName)."
        case .opensVaultAlready(let key): key.kind.remedyForSecondSlot
        case .recoveryCodeChosen:
            "Protect the new vault with a passphrase or a key file, and have a recovery code made for it."
        case .passphraseCount: "Remove one with `key remove`, or add a key file."
        case .unknownSlot(_, let known), .ambiguousSlot(_, let known): "Name one by its id: \(list(known))."
        case .shownCodeVoid(let problem):
            "\(problem.remedy) The recovery code that was just shown opens nothing: throw it away."
        case .slotsUnsettled:
            "For each that stays give --keep-passphrase-file PATH or --keep-key-file PATH; for a recovery code, a "
                + "terminal or --output FILE; for each that goes --drop-slot ID."
        case .noSlotLeft: "Keep one of them."
        case .opensNoOtherSlot(_, remaining: []): "Omit it: no other slot is left to keep."
        case .opensNoOtherSlot(_, let remaining): "Name what opens one of: \(list(remaining))."
        case .wrongPassphrase(let slot):
            "Run it again with the right one, or drop the slot: --drop-slot \(slot)"
        case .keyFileNotReplaced:
            "A key file gets its new key in its own folder: make that writable for yourself, or name the key with "
                + "--shared-key-file, and it stays as it is."
        case .slotsChanged: "Run it again."
        case .sessionDuration: "Give another duration."
        case .sharedUserID:
            "Give the container a user namespace; or, if no other user has the uid, say --shared-uid."
        case .sessionsUnknown(let error):
            "\(error.remedy) A session that began with a vault there lasts until it expires, or until you restart the "
                + "computer; put the vault back to lock it."
        case .applicationExists: "Replace its secret with --replace, or give the new one another name with --name."
        case .noApplication(let name, let known, let count): Self.remedy(forMissing: name, known: known, count)
        case .misleadingName:
            "Type the name instead of pasting it: without spaces at its ends, double spaces, and characters that can't be "
                + "seen. For a client_id with such characters, give a name with --name NAME."
        case .noName: "Give the application one: --name NAME."
        case .notDeleted(let source): source.remedy
        case .environment(let problem): problem.remedy
        case .lifetimeTooShort: "Ask for a shorter minimum."
        case .proofOfAnother: "Add the application that was proven."
        case .nothingCached: "Ask the server."
        case .applicationChanged: "Look at it with isogeo-vault show, and run this again."
        case .noUsableToken: "Ask for one without --offline, once."
        case .refreshOffline: "Omit either --refresh or --offline."
        case .remembered(_, _, let remedy): remedy
        case .apiBase(.endpoint(.plainHTTP)):
            "Give its https address with --api-base; plain http is only for this computer itself."
        case .apiBase: "Give its whole address with --api-base, such as https://v1.api.isogeo.com."
        case .apiBaseUnknown(let name, let endpoint):
            // The file may name another token endpoint than the vault.
            "Say it with --api-base URL, or for good: isogeo-vault rotate \(name.description.shellWord) "
                + "client_secrets.json --token-uri \(endpoint.canonicalText.shellWord) --api-base URL"
        case .apiPath(let problem): problem.remedy
        case .apiRequest(let error, _): error.remedy(of: .api)
        case .apiAnswer(let answer, let parties): answer.remedy(for: parties)
        case .apiStalled: "Ask again; where the API takes its time, wait longer with --timeout SECONDS."
        case .apiReaderStopped: "Please report it."
        case .notAListOfShares: "Check the API's address: isogeo-vault show"
        case .afterGrant(let problem): problem.remedy
        case .refusedBefore(let problem, _): "\(problem.remedy) It is asked again after a minute, or with --refresh."
        }
    }

    private static let waysToName =
        "--key-file or --passphrase-file, or their variables ISOGEO_VAULT_KEY_FILE and ISOGEO_VAULT_PASSPHRASE_FILE; "
        + "or run it where you can be asked"

    private static func remedy(forMissing name: ApplicationName?, known: [ApplicationName], _ count: Int) -> String {
        guard count > 0 else { return "Import a client_secrets.json: isogeo-vault import FILE" }
        guard !known.isEmpty else { return "Name one of those in the vault: isogeo-vault list" }
        // Enough to find a name that was mistyped; `list` has the others.
        let names = known.prefix(12).map(\.description).joined(separator: ", ") + (known.count > 12 ? ", …" : "")
        guard let meant = name?.suggestion(among: known) else { return "Name one of those in the vault: \(names)" }
        return "Did you mean \(meant)? The vault holds: \(names)"
    }
}

extension KeySlot.Kind {
    fileprivate var remedyForSecondSlot: String {
        switch self {
        case .keyFile: "Name a file that doesn't exist yet, or use rekey."
        case .passphrase: "Choose another passphrase, or add a key of another kind."
        case .keyring:
            "Add a key of another kind; for a new key in the keyring: isogeo-vault key change keyring keyring"
        default: "Add a key of another kind."
        }
    }
}

extension VaultProblem.Damage {
    fileprivate var sentence: String {
        // Findings are sentences already.
        if case .findings = self { "The vault is damaged. \(words)" } else { "The vault is damaged: \(words)." }
    }

    fileprivate var words: String {
        switch self {
        case .headerEdited: "its header was edited"
        case .headerUnreadable: "its header can't be opened"
        case .openingSlotEdited: "the slot that opened it was edited"
        case .firstSlotMalformed: "its first slot has another form"
        case .metadataUnreadable: "an application's metadata can't be opened"
        case .applicationsDiffer: "its applications are not those that were written, or partly older"
        case .boxUnreadable: "a box can't be opened"
        case .secretUnreadable(let name): "the secret of \(name) can't be opened"
        case .certificatesUnreadable(let name): "the certificates of \(name) can't be opened"
        case .slotsEdited(let slots): "\(list(slots.map(\.name))) isn't as it was written, so nothing is changed"
        case .onlySlotsEdited(let slots): "\(list(slots.map(\.name))) was edited, and nothing else opens it"
        case .findings(let findings): findings.map(\.sentence).joined(separator: " ")
        }
    }
}

extension VaultProblem.KeptSource {
    fileprivate var reason: String {
        switch self {
        case .notAFile: "What was read is not a file"
        case .notRegular(let path): "\(path) is not a regular file"
        case .gone(let path): "\(path) isn't there any more"
        case .symbolicLink(let path): "\(path) is a symbolic link"
        case .changed(let path): "\(path) is no longer the file that was read"
        case .hardLinks(let path, let count, _): "\(path) has \(count) names (hard links), and the others would keep it"
        }
    }

    fileprivate var remedy: String {
        switch self {
        case .notAFile: "Delete the secret where it comes from."
        case .notRegular: "Delete by hand what it leads to."
        case .gone: "Find out what moved or deleted it."
        case .symbolicLink: "Name the file that it leads to."
        case .changed: "Look at it, and import it again."
        case .hardLinks(_, _, let inode): "Delete them all: find / -xdev -inum \(inode)"
        }
    }
}

extension VaultProblem.EnvironmentProblem {
    fileprivate var sentence: String {
        switch self {
        case .nothing: "The environment holds no credential."
        case .missing(let variable, let other): "\(other) is set, and \(variable) isn't."
        case .address(let error, _): error.sentence
        case .value(let problem, let variable):
            problem.fault.map { "\(variable) \($0.phrase)." } ?? problem.sentence
        case .customPlatform: "ISOGEO_PLATFORM is custom, and nothing says where tokens are requested."
        case .unknownPlatform: "ISOGEO_PLATFORM is neither prod nor qa nor custom."
        }
    }

    fileprivate var remedy: String {
        switch self {
        case .nothing(let pairs): "Set \(pairs.map { "\($0.id) and \($0.secret)" }.joined(separator: ", or "))."
        case .missing: "Set both, or neither."
        case .address(_, let variable): "Correct \(variable), or give --token-uri."
        case .value(let problem, _):
            problem.fault == nil ? problem.remedy : "Set it to what Isogeo sent, and nothing more."
        case .customPlatform: "Set ISOGEO_TOKEN_URL or ISOGEO_ID_URL, or give --token-uri."
        case .unknownPlatform: "Set it to one of these, or give --token-uri."
        }
    }
}

extension APIAnswer {
    fileprivate func sentence(of parties: VaultProblem.APIParties) -> String {
        let said = "status \(status)\(words.map { ", \($0.phrase)" } ?? "")"
        let api = "The API at \(parties.origin)"
        return switch status {
        case 300..<400:
            "\(api) redirects\(redirectHost.map { " to \($0)" } ?? ""), where the token isn't sent (\(said))."
        case 401: "\(api) refuses a new token from \(parties.tokenOrigin) (\(said))."
        case 408, 429, 500...:
            "\(api) can't answer now (\(said)\(notBefore.map { "; not before \(HTTPDate.format($0))" } ?? ""))."
        case 403: "\(api) doesn't let \(parties.application) read that (\(said))."
        case 404: "\(api) has nothing there, or nothing that \(parties.application) may read (\(said))."
        default: "\(api) rejects the request (\(said))."
        }
    }

    fileprivate func remedy(for parties: VaultProblem.APIParties) -> String {
        let name = parties.application
        return switch status {
        case 300..<400: "Check path and address: isogeo-vault show \(name)"
        case 401: "Check that both belong together: isogeo-vault show \(name)"
        case 408, 429, 500...: "Ask again \(notBefore == nil ? "in a minute" : "after that time")."
        case 403 where parties.asksForShares: "Ask the operator of the API what \(name) may read."
        case 403: "See what is shared with it: isogeo-vault check \(name)"
        case 404 where parties.asksForShares: "Check where the API lies, its path too: isogeo-vault show \(name)"
        case 404: "Check the path, and what is shared with it: isogeo-vault check \(name)"
        default: "Check path and query."
        }
    }
}

private func list(_ names: [String]) -> String { names.joined(separator: ", ") }
