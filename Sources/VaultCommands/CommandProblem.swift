internal import IsogeoVault
internal import VaultSystem

/// What went wrong in the command line, as data; `CommandProblem+English.swift` puts it into words.
enum CommandProblem: Sendable {
    // MARK: - The call

    /// The argument parser's words, or those of a `Call` that it passes on: it gives no access to its errors' data.
    case call(words: String, command: [String], isQuietMeant: Bool)
    case unknownCommand([String], suggestion: [String]?)
    case argumentsUnknown
    /// Paths and names are texts; a repaired one would be another.
    case argumentNotUTF8([UInt8])
    case invalidName
    case oneNameForFiles(count: Int)
    /// Several credentials of one call would get the same name.
    case sameName(ApplicationName, sources: [String])
    /// `--protect` is for a new vault, and this one is there already; with the word that names the key.
    case protectedAlready(path: String, way: String)
    case deletesOnlyFiles
    case secretOnStandardOutput
    case backupOnStandardOutput
    /// A step that can't be undone needs an option of its own.
    case removalUnconfirmed(ApplicationName)
    case exportUnconfirmed(ApplicationName, file: String)
    case noProgramNamed

    // MARK: - Input and output

    case terminal(Errno)
    case nothingTyped
    case passphraseTooLong
    case passphrasesDiffer
    case cannotAskForNewPassphrase(NewPassphrase, isForbidden: Bool)
    case noTerminalForRecoveryCode
    case output(Errno)
    case resultMakesNoJSON

    // MARK: - Import, and the vault

    case noFileInFolder(path: String)
    /// One of several credentials wasn't imported.
    case source(String, any Problem)
    case notImported(count: Int, of: Int, isDryRun: Bool, first: any Problem)
    case notReadBack(path: String)
    /// There is no vault yet, and no key for a new one; the problem of the keyring, where there is a desktop.
    case noProtection(keyring: (any Problem)?)
    case missingKeyFile(any Problem, path: String)
    case noBackup(path: String)
    /// The backup that is to be restored is damaged, or another file.
    case badBackup(any Problem, path: String)
    case verificationFailed
    /// The audit trail isn't the one whose end was noted.
    case trailRewritten
    /// The noted end of the audit trail can't be compared any more.
    case headObsolete
    case findings(count: Int)

    // MARK: - Programs that `exec` starts

    case programNotFound(String)
    case programNotStarted(path: String, Errno)
    case interpreterMissing(path: String)
    case fileInMemory(Errno)
    case noGuardedMemory
    /// This process has too little of it to begin with.
    case limit(ResourceLimit)
    case processesUnreadable
    case noRuntimeDirectory
    case unusableRuntimeDirectory(UnsafePath)
    /// A private file there would be written to a disk.
    case runtimeDirectoryOnDisk(String)
    case runtimeDirectory(SystemError)

    /// What a new passphrase is for: each has its own option.
    enum NewPassphrase: Sendable { case ofNewVault, ofNewSlot }

    /// What a command refuses in its arguments.
    ///
    /// `validate()` throws it, and the argument parser turns it into words, by its description.
    enum Call: Error {
        case missing(String)
        case twoApplications(String, option: String)
        case one(of: String, String)
        case contradiction([String])
        case goesWith(String, [String])
        case outOfRange(String, ClosedRange<Int>)
        case notPositive(String)
        case notAnEntry(String)
        case noPath(String)
        case notADuration(String)
        case queryWithoutValue
        case parameterWithoutValue
        case severalWaysToOpen
        case severalNewPassphrases
        // Import.
        case nothingToImport
        case standardInputTwice
        case deletesOnlyFiles
        case recoveryCodeAlone
        // Token.
        case tokenHasNoAPI
        case credentialOptionsForVault
        case nameOfOtherCredential
        case offlineAsks
        // Exec.
        case noProgram
        case notAVariable(String)
        case variableInUse(String, variable: String)
    }
}

extension CommandProblem: Problem {
    var code: VaultError.Code {
        switch self {
        case .call, .unknownCommand, .invalidName, .oneNameForFiles, .sameName, .protectedAlready, .deletesOnlyFiles,
            .secretOnStandardOutput,
            .removalUnconfirmed, .exportUnconfirmed, .noProgramNamed, .cannotAskForNewPassphrase,
            .noTerminalForRecoveryCode, .noProtection, .argumentNotUTF8, .backupOnStandardOutput:
            .usage
        case .argumentsUnknown, .resultMakesNoJSON: .internalError
        case .terminal, .nothingTyped, .passphraseTooLong, .passphrasesDiffer: .locked
        case .fileInMemory(let errno) where errno.limit != nil: .configuration
        case .runtimeDirectory(let error) where error.errno?.limit != nil: .configuration
        case .output, .fileInMemory, .runtimeDirectory: .inputOutput
        case .noFileInFolder: .inputNotAcceptable
        case .source(_, let problem), .notImported(_, _, _, let problem), .missingKeyFile(let problem, _): problem.code
        case .notReadBack, .verificationFailed, .trailRewritten, .badBackup: .damaged
        case .headObsolete: .usage
        case .noBackup: .noVault
        case .findings, .limit, .noGuardedMemory, .processesUnreadable, .noRuntimeDirectory, .unusableRuntimeDirectory,
            .runtimeDirectoryOnDisk:
            .configuration
        case .programNotFound: .programNotFound
        case .programNotStarted, .interpreterMissing: .programNotStarted
        }
    }

    var cause: FailureCause? {
        switch self {
        case .terminal(let errno), .output(let errno), .fileInMemory(let errno), .programNotStarted(_, let errno):
            FailureCause(errno: errno)
        case .interpreterMissing: FailureCause(errno: .noEntry)
        case .runtimeDirectory(let error): FailureCause(errno: error.errno)
        case .source(_, let problem), .notImported(_, _, _, let problem), .missingKeyFile(let problem, _),
            .badBackup(let problem, _):
            problem.cause
        case .noProtection(let keyring): keyring?.cause
        default: nil
        }
    }
}

extension VaultError {
    init(_ problem: CommandProblem) {
        let problem: any Problem = problem
        self.init(problem)
    }
}
