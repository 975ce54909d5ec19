internal import IsogeoVault
internal import VaultSystem

// The words of the command line's errors in English. Another language gets a file of its own.

extension CommandProblem {
    var sentence: String {
        switch self {
        case .call(let words, _, _): Self.sentence(ofParser: words)
        case .unknownCommand(let words, _): "There is no command \(words.joined(separator: " "))."
        case .argumentsUnknown: "The arguments of this process can't be found."
        case .argumentNotUTF8(let bytes): "The argument \(bytes.escaped) isn't UTF-8."
        case .backupOnStandardOutput: "A backup goes into a file, never to standard output."
        case .invalidName: "That can't be the name of an application."
        case .oneNameForFiles(let count): "\(count) files can't share one name."
        case .sameName(let name, let sources): "\(list(sources, "and")) would all be the application \(name)."
        case .protectedAlready(let path, _):
            "There is a vault at \(path) already, and --protect is for a new one."
        case .deletesOnlyFiles: "Only a file can be deleted."
        case .secretOnStandardOutput:
            "A secret goes into a file, never to standard output, which terminals and logs keep."
        case .removalUnconfirmed(let name): "Removing \(name) takes its secret out of the vault for good."
        case .exportUnconfirmed(let name, let file): "This writes the secret of \(name) to \(file) in clear."
        case .noProgramNamed: "No program is named."
        case .terminal(let errno): "The terminal can't be used: \(errno)."
        case .nothingTyped: "No passphrase was typed."
        case .passphraseTooLong: "The passphrase is longer than 1024 bytes."
        case .passphrasesDiffer: "The two passphrases differed, three times."
        case .cannotAskForNewPassphrase(_, isForbidden: true): "--no-prompt forbids asking for the new passphrase."
        case .cannotAskForNewPassphrase: "There is no terminal to ask for the new passphrase on."
        case .noTerminalForRecoveryCode: "There is no terminal to show the recovery code on."
        case .output(let errno): "The result can't be written: \(errno)."
        case .resultMakesNoJSON: "A result makes no JSON."
        case .noFileInFolder(let path): "The folder \(path) holds no .json or .ini file."
        case .source(let name, let problem): "\(name): \(problem.sentence)"
        case .notImported(let count, let all, let isDryRun, _):
            isDryRun
                ? "\(count) of \(all) can't be imported."
                : "\(count) of \(all) \(count == 1 ? "was" : "were") not imported."
        case .notReadBack(let path): "The vault doesn't return what was read from \(path); the file stays."
        case .noProtection(let keyring):
            ["There is no vault yet, and nothing says how to protect a new one.", keyring?.sentence]
                .compactMap(\.self).joined(separator: " ")
        case .missingKeyFile(let problem, _): problem.sentence
        case .badBackup(let problem, let path): "\(path) can't be restored. \(problem.sentence)"
        case .noBackup(let path): "There is no backup at \(path)."
        case .verificationFailed: "The vault isn't as it was written."
        case .trailRewritten: "The audit trail isn't the one whose end was noted."
        case .headObsolete: "The noted end of the audit trail can't be compared."
        case .findings(1): "There is a finding."
        case .findings(let count): "There are \(count) findings."
        case .programNotFound(let name): "There is no program \(name.shellWord)."
        case .programNotStarted(let path, let errno): "\(path.shellWord) can't be started: \(errno)."
        case .interpreterMissing(let path):
            "\(path.shellWord) can't be started: the interpreter that its first line names isn't there."
        case .fileInMemory(let errno): "No file can be made in memory: \(errno)."
        case .limit(let limit): limit.sentence
        case .noGuardedMemory: "No guarded memory can be had for a secret."
        case .processesUnreadable: "/proc can't be read."
        case .noRuntimeDirectory:
            "XDG_RUNTIME_DIR isn't set, and a secret in clear is put into no other folder."
        case .unusableRuntimeDirectory(let unsafe): "XDG_RUNTIME_DIR can't be used. \(unsafe.sentence)"
        case .runtimeDirectoryOnDisk(let path):
            "XDG_RUNTIME_DIR isn't in memory: \(path) lies on a disk, which keeps what was deleted."
        case .runtimeDirectory(let error): error.sentence
        }
    }

    var remedy: String {
        switch self {
        case .call(_, _, isQuietMeant: true): "Write -q name=value; quiet is --quiet here."
        case .call(_, let command, _): "\((["isogeo-vault", "help"] + command).joined(separator: " ")) shows how."
        case .unknownCommand(_, let suggestion?): "Did you mean \(suggestion.joined(separator: " "))?"
        case .unknownCommand(let words, nil):
            "\((["isogeo-vault", "help"] + words.dropLast()).joined(separator: " ")) lists the commands."
        case .argumentsUnknown: "Start isogeo-vault with its own name as the first argument, as a shell does."
        case .invalidName: "A name has 1 to 128 bytes and no control characters."
        case .oneNameForFiles: "Import them one by one."
        case .sameName: "Nothing was imported. Import one of them, or each by itself with a --name of its own."
        case .protectedAlready(_, let way):
            "Omit it. For this key to open the vault too, add it: isogeo-vault key add \(way.shellWord)"
        case .deletesOnlyFiles: "Omit --delete-source."
        case .secretOnStandardOutput, .backupOnStandardOutput: "Name the file to make."
        case .argumentNotUTF8:
            "Name files and applications in UTF-8; what follows a program's name after exec -- may be any bytes."
        case .removalUnconfirmed(let name):
            "Say that you mean it: isogeo-vault remove \(name.description.shellWord) --yes"
        case .exportUnconfirmed(let name, let file):
            "Say that you mean it: isogeo-vault export \(name.description.shellWord) \(file.shellWord) --in-clear"
        case .noProgramNamed: "Write it after two hyphens: isogeo-vault exec -- PROGRAM ARGUMENT…"
        case .terminal: "Name a key with --key-file or --passphrase-file."
        case .nothingTyped: "Run it again and type one, or name a key with --key-file or --passphrase-file."
        case .passphraseTooLong: "Type a shorter one, or use a key file."
        case .passphrasesDiffer: "Run it again."
        case .cannotAskForNewPassphrase(.ofNewVault, _): "Give the passphrase with --passphrase-file PATH."
        case .cannotAskForNewPassphrase(.ofNewSlot, _):
            "Give it with --new-passphrase-file PATH or --new-passphrase-fd NUMBER."
        case .noTerminalForRecoveryCode: "Have it written to a file: --output PATH"
        case .output: "Check where standard output goes."
        case .resultMakesNoJSON: "Please report it."
        case .noFileInFolder: "Name the files themselves."
        case .source(_, let problem): problem.remedy
        case .notImported(let count, let all, let isDryRun, _):
            "Each has its reason above\(count == all || isDryRun ? "" : "; the others are in the vault")."
        case .notReadBack: "Check the vault: isogeo-vault verify"
        case .noProtection:
            """
            Choose one of these:
              isogeo-vault import --protect key-file=PATH FILE         (PATH is made; keep a copy of it)
              isogeo-vault import --passphrase-file PATH FILE          (the passphrase is in PATH, mode 0600)
              isogeo-vault import --protect passphrase FILE            (on a terminal: you are asked for it)
              isogeo-vault import --protect keyring FILE               (in a desktop's session)
            """
        case .missingKeyFile(let problem, let path):
            "\(problem.remedy) To have it made for the new vault: --protect key-file=\(path.shellWord)"
        case .badBackup: "Name another file that isogeo-vault backup has written; this one is damaged, or no backup."
        case .noBackup: "Name a file that isogeo-vault backup has written."
        case .verificationFailed: "Restore a backup: isogeo-vault restore FILE"
        case .trailRewritten:
            "If you restored a backup since, note the end anew: isogeo-vault log --head. If not, a program with the "
                + "vault's file or key has rewritten the trail: take the secrets for known, and get new ones from Isogeo."
        case .headObsolete: "Note the present one: isogeo-vault log --head"
        case .findings: "Each has its remedy below it."
        case .programNotFound(let name): Self.remedy(forMissingProgram: name)
        case .programNotStarted: "Check that it is a program that you may execute."
        case .interpreterMissing: "Install it, or correct that line; look for Windows line ends (CRLF)."
        case .fileInMemory(let errno): errno.limit?.remedy ?? "Use --private-file."
        case .limit(let limit): limit.remedy
        case .noGuardedMemory: ResourceLimit.memory.remedy
        case .processesUnreadable: "Mount it: mount -t proc proc /proc"
        case .noRuntimeDirectory: "Set it to a folder of yours in memory, mode 0700, or use --sdk, which needs none."
        case .unusableRuntimeDirectory:
            "Set it to a folder of yours, mode 0700, in folders that are yours or root's."
        case .runtimeDirectoryOnDisk:
            "Leave --private-file out, so that the file is in memory alone, or set XDG_RUNTIME_DIR to a folder of yours, "
                + "mode 0700, on a tmpfs."
        case .runtimeDirectory(let error): error.errno?.remedy ?? "Check the folder that XDG_RUNTIME_DIR names."
        }
    }

    /// Ends the argument parser's message with a full stop: some of them end with a quoted word.
    private static func sentence(ofParser words: String) -> String {
        words.last.map { ".?!".contains($0) } == true ? words : "\(words)."
    }

    private static func remedy(forMissingProgram name: String) -> String {
        // Quoted as one word, a line for the shell is taken for a program's name.
        guard name.contains(where: { " \t\n|&;<>()$`*?~".contains($0) }) else {
            return "Check its name, and PATH; no token was requested, and no secret handed over."
        }
        return "To run a line of the shell: isogeo-vault exec -- sh -c \(name.shellWord)"
    }
}

extension CommandProblem.Call: CustomStringConvertible {
    /// What happened, in one sentence.
    var description: String {
        switch self {
        // In the parser's own words for an argument that it requires itself.
        case .missing(let argument): "Missing expected argument '<\(argument)>'"
        case .twoApplications(let name, let option):
            "\(name) and --app \(option) are two applications: name one."
        case .one(let first, let second): "Give \(first) or \(second)."
        case .contradiction(let options): "\(list(options, "and")) contradict each other."
        case .goesWith(let option, let others): "\(option) goes with \(list(others, "or"))."
        case .outOfRange(let option, let range):
            "\(option) is \(range.lowerBound) to \(range.upperBound) seconds."
        case .notPositive(let option): "\(option) is a number above 0."
        case .notAnEntry(let option):
            "\(option) is a number, a colon and 64 hexadecimal digits, as `isogeo-vault log --head` prints them."
        case .noPath(let option): "\(option) has no path."
        case .notADuration(let option): "\(option) is a number and s, m, h or d, from 1s to 30d."
        case .queryWithoutValue: "Write -q name=value; quiet is --quiet here."
        case .parameterWithoutValue: "--param needs NAME=VALUE."
        case .severalWaysToOpen: "Give only one way to open the vault."
        case .severalNewPassphrases: "Give one source of the new passphrase."
        case .nothingToImport: "Give files, or --from-environment."
        case .standardInputTwice: "Standard input can be read only once."
        case .deletesOnlyFiles: "Only a file can be deleted: --delete-source goes with files."
        case .recoveryCodeAlone: "A vault can't begin with a recovery code alone."
        case .tokenHasNoAPI: "--api-base goes with import, rotate, api and check; a token is requested elsewhere."
        case .credentialOptionsForVault:
            "--token-uri, --basic-encoding and --proxy go with --from and --from-environment; "
                + "what is in the vault has its own."
        case .nameOfOtherCredential: "A credential that isn't in the vault has no name in it."
        case .offlineAsks: "--offline prints what is cached, and contradicts --refresh, --from and --from-environment."
        case .noProgram: "No program is named: write it after two hyphens, exec [<name>] -- <cmd>."
        case .notAVariable(let option):
            "\(option) needs the name of a variable: letters, digits and underscores."
        case .variableInUse(let option, let variable):
            "\(option) needs a variable of its own: \(variable) has another meaning."
        }
    }
}

private func list(_ words: [String], _ conjunction: String) -> String {
    guard let last = words.last, words.count > 1 else { return words.first ?? "" }
    return "\(words.dropLast().joined(separator: ", ")) \(conjunction) \(last)"
}
