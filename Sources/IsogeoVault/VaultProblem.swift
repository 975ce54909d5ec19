package import VaultCrypto
package import VaultKeys
package import VaultOAuth
package import VaultStore
package import VaultSystem

/// What went wrong, as data; `VaultProblem+English.swift` puts it into words.
package indirect enum VaultProblem: Sendable {
    // MARK: - What the floors below say

    case store(StoreError)
    case keys(KeyError)
    case oauth(OAuthError)
    /// A failed request for a token; it names both parties, as the mail of a cron job is often all that there is to
    /// read.
    case tokenRequest(OAuthError, application: ApplicationName, endpoint: String)
    /// An address, a proxy or another value from an option or the environment.
    case givenByHand(OAuthError)
    case unreadableInput(KeyError)
    case cannotDelete(SystemError)
    /// A file that the user named can't be written; without an errno where the path names no file.
    case cannotWrite(path: String, Errno?)

    // MARK: - The vault

    case closed
    case cancelled
    case damaged(Damage)
    /// Another process gave the vault a new key.
    case keyChanged
    case slotCount(limit: Int, isEmpty: Bool)
    case rolledBack(path: String, Rollback)
    /// A secret was to leave the vault, and the audit trail can't record it.
    case unrecorded(any Problem)
    case unrecordedReadOnly(path: String)
    case noHome
    /// A path in the environment; a repaired one would name another file.
    case variableNotUTF8(String, value: [UInt8])
    case homeMissing(String)
    case noStateFolder
    case unusableStateFolder(StoreError)
    /// A vault was to be restored from itself.
    case restoresItself(path: String)
    case fileExists(path: String)
    case backupExists(path: String)

    // MARK: - Keys

    /// No key was named, and no person can be asked; the folder of credentials holds none either, where there is one.
    case noKeyNamed(credentials: String?)
    /// A session is open, and the vault must be opened by a key.
    case sessionNotEnough
    case opensVaultAlready(KeyName)
    case recoveryCodeChosen
    case passphraseCount(limit: Int)
    case unknownSlot(String, known: [String])
    case ambiguousSlot(String, known: [String])
    /// The new recovery code was shown, and then the vault couldn't be written.
    case shownCodeVoid(any Problem)

    // MARK: - A new vault key

    case slotsUnsettled([String])
    case noSlotLeft
    case opensNoOtherSlot(KeyName, remaining: [String])
    case wrongPassphrase(slot: String)
    case keyFileNotReplaced(KeyError)
    case slotsChanged

    // MARK: - Sessions

    case sessionDuration(days: Int64)
    /// Other systems of the same kernel have this user's number.
    case sharedUserID
    /// The vault can't be read, so its sessions can't be found.
    case sessionsUnknown(StoreError)

    // MARK: - Applications

    case applicationExists(ApplicationName)
    /// No names are known where there are too many to be read for a remedy.
    case noApplication(ApplicationName?, known: [ApplicationName], count: Int)
    /// A new name that could look like another one, by this character.
    case misleadingName(CharacterPlace)
    case noName
    case notDeleted(KeptSource)
    case environment(EnvironmentProblem)

    // MARK: - Tokens

    case lifetimeTooShort(seconds: Int64, minimum: Int64)
    case proofOfAnother
    case nothingCached
    case noUsableToken
    /// Since it was read, another process changed it.
    case applicationChanged(ApplicationName)
    case refreshOffline
    /// What an earlier version, which stored the words and not the data, left in the vault.
    case remembered(VaultError.Code, sentence: String, remedy: String)

    // MARK: - The API

    case apiBase(OAuthError)
    case apiBaseUnknown(ApplicationName, tokensFrom: TokenEndpoint)
    case apiPath(APIRequestProblem)
    case apiRequest(OAuthError, origin: String)
    case apiAnswer(APIAnswer, of: APIParties)
    case apiStalled(origin: String)
    case apiReaderStopped
    case notAListOfShares
    /// The credential is proven, and the rest isn't.
    case afterGrant(any Problem)
    /// The server refused the credential at that time, in seconds since 1970, and wasn't asked again.
    case refusedBefore(any Problem, at: Int64)

    package enum Damage: Sendable {
        case headerEdited, headerUnreadable, openingSlotEdited, firstSlotMalformed, metadataUnreadable
        case applicationsDiffer, boxUnreadable
        case secretUnreadable(ApplicationName)
        case certificatesUnreadable(ApplicationName)
        /// The vault refuses changes until these slots are removed.
        case slotsEdited([AlteredSlot])
        /// No intact slot opens the vault.
        case onlySlotsEdited([AlteredSlot])
        case findings([Verification.Finding])
    }

    package enum Rollback: Sendable {
        case olderKey
        case olderFormat
        case generation(Int64, seen: Int64)
        /// The audit trail ends earlier than it did.
        case entry(Int64, seen: Int64)
        /// The audit trail has another entry of that number than it had.
        case forked(number: Int64)
    }

    /// Why the file that a credential was read from is still there.
    package enum KeptSource: Sendable {
        case notAFile
        case notRegular(path: String)
        case gone(path: String)
        case symbolicLink(path: String)
        case changed(path: String)
        case hardLinks(path: String, count: UInt64, inode: UInt64)
    }

    package enum EnvironmentProblem: Sendable {
        /// With the pairs of variables that could hold one.
        case nothing([(id: String, secret: String)])
        case missing(String, other: String)
        case address(OAuthError, variable: String)
        case value(ClientSecretsProblem, variable: String)
        case customPlatform
        case unknownPlatform
    }

    /// Which application's token was sent to which API.
    package struct APIParties: Sendable {
        let application: ApplicationName
        let origin: String
        let tokenOrigin: String
        /// Whether `check` sends the request: then its remedy can't be to run `check`.
        let asksForShares: Bool
    }
}

extension VaultProblem: Problem {
    package var code: VaultError.Code {
        switch self {
        case .store(let error), .sessionsUnknown(let error): error.code
        case .keys(let error): error.code
        case .oauth(let error), .tokenRequest(let error, _, _), .apiRequest(let error, _): error.code
        case .givenByHand, .environment, .apiBase, .apiPath, .slotCount, .misleadingName, .noName, .proofOfAnother,
            .nothingCached, .refreshOffline, .restoresItself, .opensVaultAlready, .recoveryCodeChosen, .passphraseCount,
            .unknownSlot, .ambiguousSlot, .slotsUnsettled, .noSlotLeft, .sessionDuration, .sharedUserID,
            .unrecordedReadOnly:
            .usage
        case .unreadableInput, .cannotDelete, .cannotWrite, .notDeleted, .keyFileNotReplaced: .inputOutput
        case .closed, .keyChanged, .noKeyNamed, .sessionNotEnough, .opensNoOtherSlot, .wrongPassphrase: .locked
        case .cancelled: .cancelled
        case .damaged: .damaged
        case .rolledBack: .rolledBack
        case .noHome, .variableNotUTF8, .homeMissing, .noStateFolder, .unusableStateFolder, .apiBaseUnknown:
            .configuration
        case .fileExists, .backupExists, .applicationExists: .exists
        case .noApplication: .noApplication
        case .noUsableToken: .noToken
        case .lifetimeTooShort, .notAListOfShares: .unexpectedAnswer
        case .apiAnswer(let answer, _): answer.code
        case .apiStalled, .slotsChanged, .applicationChanged: .tryAgain
        case .apiReaderStopped: .internalError
        case .afterGrant(let problem), .refusedBefore(let problem, _), .shownCodeVoid(let problem),
            .unrecorded(let problem):
            problem.code
        case .remembered(let code, _, _): code
        }
    }

    package var cause: FailureCause? {
        switch self {
        case .store(let error), .unusableStateFolder(let error), .sessionsUnknown(let error): error.cause
        case .keys(let error), .unreadableInput(let error), .keyFileNotReplaced(let error): error.cause
        case .oauth(let error), .tokenRequest(let error, _, _), .givenByHand(let error), .apiBase(let error),
            .apiRequest(let error, _), .environment(.address(let error, _)):
            error.cause
        case .cannotDelete(let error): FailureCause(errno: error.errno)
        case .cannotWrite(_, let errno): FailureCause(errno: errno)
        case .afterGrant(let problem), .refusedBefore(let problem, _), .shownCodeVoid(let problem),
            .unrecorded(let problem):
            problem.cause
        default: nil
        }
    }
}

extension APIAnswer {
    fileprivate var code: VaultError.Code {
        switch status {
        case 401: .credentialRefused
        case 408, 429, 500...: .tryAgain
        default: .unexpectedAnswer
        }
    }
}
