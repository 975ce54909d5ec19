import Testing
import VaultHTTP
import VaultKeys
import VaultOAuth
import VaultStore
import VaultSystem

@testable import IsogeoVault

@Suite struct VaultErrorTests {
    @Test(
        arguments: [
            (.usage, "usage", 64), (.inputNotAcceptable, "input-not-acceptable", 65), (.noVault, "no-vault", 66),
            (.noApplication, "no-application", 66), (.noToken, "no-token", 66),
            (.credentialRefused, "credential-refused", 67),
            (.unavailable, "unavailable", 69), (.internalError, "internal-error", 70), (.damaged, "damaged", 72),
            (.exists, "exists", 73),
            (.inputOutput, "input-output", 74), (.tryAgain, "try-again", 75),
            (.cancelled, "cancelled", 75),
            (.unexpectedAnswer, "unexpected-answer", 76), (.locked, "locked", 77),
            (.configuration, "configuration", 78),
        ] as [(VaultError.Code, String, Int32)]
    )
    func `a code keeps its name and exit status for ever`(_ code: VaultError.Code, _ name: String, _ status: Int32) {
        #expect(code.name == name && code.exitStatus == status)
    }

    @Test(
        arguments: [
            (.doesNotFit(.kind(.passphrase)), .locked), (.noSlot(of: .keyFile), .locked),
            (.unreadable(path: "/f", errno: .accessDenied), .locked), (.notAKeyFile(path: "/f"), .locked),
            (.emptyPassphrase(.kind(.passphrase)), .locked), (.passphraseTooLong(.kind(.passphrase)), .locked),
            (.timedOut(.kind(.passphrase)), .locked), (.silentInput(path: "-"), .locked),
            (.badDescriptor(3, errno: .badDescriptor), .locked), (.commandFailed(status: 1), .locked),
            (.commandDidNotStart(errno: .noEntry), .locked),
            (.unsafeFile(UnsafePath(path: "/f", .notARegularFile)), .configuration),
            (.notEnoughMemory(needed: 2, available: 1), .configuration), (.damagedSlot("s"), .damaged),
            (.costRefused(slot: "s", passes: 1, memory: 1, tooLow: true), .damaged),
            (.cannotWrite(path: "/f", errno: .exists), .inputOutput), (.notReadBack(path: "/f"), .inputOutput),
        ] as [(KeyError, VaultError.Code)]
    )
    func `what is wrong with a key gets its code and keeps its words`(_ error: KeyError, _ code: VaultError.Code) {
        let seen = VaultError(error)
        #expect(seen.code == code && seen.sentence == error.sentence && seen.remedy == error.remedy)
    }

    @Test(
        arguments: [
            (.noVault(path: "/v"), .noVault), (.vaultExists(path: "/v"), .exists), (.nameExists, .exists),
            (.damaged(path: "/v", .rowTooLong), .damaged), (.notAVault(path: "/v"), .configuration),
            (.newerFormat(path: "/v", format: 2), .configuration), (.readOnly(path: "/v"), .inputOutput),
            (.busy(path: "/v"), .tryAgain), (.changedMeanwhile, .tryAgain),
            (.leasesUnavailable(path: "/v", nil), .tryAgain), (.unacceptableRecord(.valueTooLong), .internalError),
        ] as [(StoreError, VaultError.Code)]
    )
    func `what is wrong with the store gets its code and keeps its words`(_ error: StoreError, _ code: VaultError.Code)
    {
        let seen = VaultError(error)
        #expect(seen.code == code && seen.sentence == error.sentence && seen.remedy == error.remedy)
    }

    @Test(
        arguments: [
            (.clientSecrets(.emptyFile), .inputNotAcceptable), (.endpoint(.plainHTTP), .inputNotAcceptable),
            (.credentials(.emptySecret), .inputNotAcceptable), (.parameters(.invalidScope), .usage),
            (.configuration(.keyLogging), .configuration),
            (.answer(.refused(status: 401, ServerError(code: nil, description: nil))), .credentialRefused),
            (.answer(.throttled(notBefore: nil)), .tryAgain), (.answer(.tokenMissing), .unexpectedAnswer),
            (.connection(.interrupted), .tryAgain),
        ] as [(OAuthError, VaultError.Code)]
    )
    func `what is wrong with asking gets its code and keeps its words`(_ error: OAuthError, _ code: VaultError.Code) {
        let seen = VaultError(error)
        #expect(seen.code == code && seen.sentence == error.sentence && seen.remedy == error.remedy)
    }

    @Test func `an error that says more than its cause keeps the numbers of that cause`() {
        let key = KeyError.cannotWrite(path: "/f", errno: .accessDenied)
        let place = StoreError.io(path: "/v", .opening, .accessDenied)
        let problems: [VaultProblem] = [
            .keyFileNotReplaced(key), .sessionsUnknown(place), .shownCodeVoid(VaultProblem.store(place)),
            .shownCodeVoid(VaultProblem.keyFileNotReplaced(key)),
        ]
        for problem in problems { #expect(problem.cause?.errno == Errno.accessDenied.code) }
    }

    @Test func `errors are equal by code, and read as sentence and remedy`() {
        func error(_ code: VaultError.Code, _ sentence: String, _ remedy: String) -> VaultError {
            VaultError.forTesting(code, sentence, remedy: remedy)
        }
        let one = error(.locked, "It is locked.", "Unlock it.")
        #expect(one == error(.locked, "Other words.", "And others."))
        #expect(one != error(.damaged, "It is locked.", "Unlock it."))
        #expect("\(one)" == "It is locked. Unlock it.")
    }
}
