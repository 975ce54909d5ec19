package import ArgumentParser
internal import IsogeoVault
internal import VaultArguments
internal import VaultCrypto
internal import VaultSystem

/// The whole command line, `isogeo-vault`.
package struct VaultCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "isogeo-vault",
        abstract: "Keeps the secrets of Isogeo group applications encrypted, and gets their tokens.",
        discussion: """
              isogeo-vault import client_secrets.json    stores the secret in the vault
              isogeo-vault token                         prints a token

            Exit codes: 0 done; 64 usage; 65 the input file isn't acceptable; 66 no such vault or application, or no \
            token with --offline; 67 the credential was refused; 69 keyring or session not available, or timed out; \
            70 internal; 72 the vault is damaged, or older than it was; 73 exists already; 74 reading or writing \
            failed; 75 the same call may work later; 76 the server's answer makes no sense or grants too little, or \
            the API rejects the request; 77 locked, or the key doesn't fit; 78 permissions or configuration; \
            126 exec can't start the program; 127 exec finds no such program.
            """,
        version: "0.1.0",
        subcommands: [
            Import.self, Token.self, List.self, Show.self, Rename.self, Remove.self, Default.self, Rotate.self,
            Trust.self, Forget.self, Export.self, Exec.self, API.self, Check.self, Unlock.self, Lock.self, Key.self,
            Rekey.self,
            Status.self, Verify.self, Backup.self, Restore.self, Log.self, Doctor.self,
        ]
    )

    package init() {}

    /// Makes ready what the process's arguments will certainly need, on another thread, before anything else starts.
    ///
    /// - Returns: the exit code of a process that has too little memory for its threads, which it has said; else nil.
    package static func prepare() -> Int32? {
        if ResourceLimit.lacksMemory(needed) {
            return ErrorFormat(in: Arguments.current ?? []).report(VaultError(.limit(.memory)), CommandContext.current)
        }
        guard let arguments = Arguments.current, PlainTokenCall(arguments)?.refreshes == true,
            // Where memory is short, the thread would take what the check of it finds.
            !ResourceLimit.limitsMemory
        else { return nil }
        CommandContext.current.dependencies.prepareForRequest()
        return nil
    }

    /// Runs the command that the arguments name; writes an error and its remedy to standard error.
    ///
    /// - Parameter given: the arguments without the program's name; nil for the process's own.
    /// - Returns: the exit code.
    package static func run(_ given: [String]? = nil) async -> Int32 {
        let context = CommandContext.current
        guard let arguments = given ?? Arguments.current else {
            // The help, with status 0, would look like a success.
            return ErrorFormat.text.report(VaultError(.argumentsUnknown), context)
        }
        let errorFormat = ErrorFormat(in: arguments)
        SecretBytes.whenMemoryIsUnavailable { errorFormat.report(VaultError(.noGuardedMemory), context) }
        do {
            if given == nil { try requireText() }
            if let plain = PlainTokenCall(arguments) {
                var context = context
                context.vault = VaultSelection(plain)
                try await TokenCall(plain).run(context)
                return 0
            }
            if let error = unknownCommand(in: arguments) { throw error }
            var command = try parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
            return 0
        } catch let error as VaultError {
            return errorFormat.report(error, context)
        } catch {
            // The parser throws help and version, too.
            guard exitCode(for: error) == .success else {
                let problem = CommandProblem.call(
                    words: message(for: error),
                    command: self.command(at: arguments[...]).names,
                    isQuietMeant: API.isQuietMeant(by: arguments)
                )
                return errorFormat.report(VaultError(problem), context)
            }
            do { try context.print(fullMessage(for: error)) } catch { return errorFormat.report(error, context) }
            return 0
        }
    }

    /// What a command takes that requests nothing, in bytes: the stacks of three threads, and some MiB.
    private static let needed = 32 << 20

    /// Refuses arguments and paths in the environment that aren't UTF-8: a text made of them would name another file.
    private static func requireText() throws(VaultError) {
        var arguments = Arguments.bytes ?? []
        // What follows the program of `exec` is that program's.
        if arguments.first == Array("exec".utf8), let end = arguments.firstIndex(of: Array("--".utf8)) {
            arguments = Array(arguments.prefix(end + 2))
        }
        if let other = arguments.first(where: { !$0.isUTF8 }) { throw VaultError(.argumentNotUTF8(other)) }
        try Vault.checkPaths(in: pathVariables)
    }

    private static let pathVariables = [
        "HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "ISOGEO_VAULT", "ISOGEO_VAULT_KEY_FILE",
        "ISOGEO_VAULT_SHARED_KEY_FILE", "ISOGEO_VAULT_PASSPHRASE_FILE", "ISOGEO_VAULT_SHARED_PASSPHRASE_FILE",
    ]

    /// The command that the words lead to, and those of them that are names of commands.
    private static func command(at words: ArraySlice<String>) -> (any ParsableCommand.Type, names: [String]) {
        var command: any ParsableCommand.Type = VaultCommand.self
        let names = words.prefix { word in
            guard let next = command.configuration.subcommands.first(where: { $0._commandName == word }) else {
                return false
            }
            command = next
            return true
        }
        return (command, Array(names))
    }

    /// The error for a word that stands where a command's name belongs, and is none; nil if all words there are.
    ///
    /// The argument parser would call it an unexpected argument, and answer `help` for it with the whole help.
    private static func unknownCommand(in arguments: [String]) -> VaultError? {
        let words = arguments.first == "help" ? arguments.dropFirst() : arguments[...]
        let (command, found) = command(at: words)
        let commands = command.configuration.subcommands
        // After an option, a word may be its value.
        guard !commands.isEmpty, let word = words.dropFirst(found.count).first, !word.hasPrefix("-") else { return nil }
        let known = commands.map { $0._commandName } + (found.isEmpty ? ["help"] : [])
        let suggestion = ApplicationName(word)?.suggestion(among: known.compactMap { ApplicationName($0) })
        return VaultError(.unknownCommand(found + [word], suggestion: suggestion.map { found + [$0.description] }))
    }
}
