/// Why something wasn't done: a code that never changes its meaning, what happened, and what to do now.
///
/// No error carries a secret, a token, or content of a file.
public struct VaultError: Error, Sendable {
    /// The kinds of failure, each of which has an exit code of the command line.
    public struct Code: Hashable, Sendable {
        /// A name for programs, such as `credential-refused`.
        public let name: String
        /// The exit code of `isogeo-vault` (the numbers of sysexits.h where they fit).
        public let exitStatus: Int32

        /// The call can't be understood, or lacks something.
        public static let usage = Code(name: "usage", exitStatus: 64)
        /// An input file isn't acceptable.
        public static let inputNotAcceptable = Code(name: "input-not-acceptable", exitStatus: 65)
        /// There is no such vault.
        public static let noVault = Code(name: "no-vault", exitStatus: 66)
        /// There is no such application, or more than one and none was named.
        public static let noApplication = Code(name: "no-application", exitStatus: 66)
        /// There is no usable token, and the server may not be asked for one.
        public static let noToken = Code(name: "no-token", exitStatus: 66)
        /// The token endpoint refuses the credential.
        public static let credentialRefused = Code(name: "credential-refused", exitStatus: 67)
        /// The desktop keyring, or the kernel's, isn't available, or doesn't answer in time.
        public static let unavailable = Code(name: "unavailable", exitStatus: 69)
        /// A defect of this program.
        public static let internalError = Code(name: "internal-error", exitStatus: 70)
        /// The vault is not as it was written.
        public static let damaged = Code(name: "damaged", exitStatus: 72)
        /// The vault is older than it was when it was last seen here.
        public static let rolledBack = Code(name: "rolled-back", exitStatus: 72)
        /// What is to be made exists already.
        public static let exists = Code(name: "exists", exitStatus: 73)
        /// Reading or writing failed.
        public static let inputOutput = Code(name: "input-output", exitStatus: 74)
        /// The same call may work later.
        public static let tryAgain = Code(name: "try-again", exitStatus: 75)
        /// The task that waited was cancelled.
        public static let cancelled = Code(name: "cancelled", exitStatus: 75)
        /// The server's answer makes no sense, comes from the wrong place, or grants too little; or the API rejects the
        /// request.
        public static let unexpectedAnswer = Code(name: "unexpected-answer", exitStatus: 76)
        /// The vault stays locked.
        public static let locked = Code(name: "locked", exitStatus: 77)
        /// Permissions or configuration of this computer.
        public static let configuration = Code(name: "configuration", exitStatus: 78)
        /// `exec` can't start the program.
        package static let programNotStarted = Code(name: "program-not-started", exitStatus: 126)
        /// `exec` finds no such program.
        package static let programNotFound = Code(name: "program-not-found", exitStatus: 127)
    }

    /// What kind of failure it is.
    public var code: Code { problem.code }
    /// What happened, in one sentence.
    public var sentence: String { problem.sentence }
    /// What to do now, in a sentence or two.
    public var remedy: String { problem.remedy }
    /// What happened, as data.
    package let problem: any Problem

    package init(_ problem: some Problem) { self.problem = problem }

    init(_ problem: VaultProblem) { self.problem = problem }
}

/// What went wrong, as data: a closed enum a floor.
///
/// Its words stand apart, in a file for each language.
package protocol Problem: Sendable {
    var code: VaultError.Code { get }
    var cause: FailureCause? { get }
    /// What happened, in one sentence.
    var sentence: String { get }
    /// What to do now, in a sentence or two.
    var remedy: String { get }
}

extension VaultError {
    /// Whether another process gave the vault a new key after it was opened.
    package var isKeyChange: Bool {
        guard case .keyChanged? = problem as? VaultProblem else { return false }
        return true
    }
}

extension VaultError: Equatable {
    /// Two errors are equal when their codes are: the words are for people.
    public static func == (one: VaultError, other: VaultError) -> Bool { one.code == other.code }
}

extension VaultError: CustomStringConvertible {
    /// The sentence and the remedy.
    public var description: String { "\(sentence) \(remedy)" }
}
