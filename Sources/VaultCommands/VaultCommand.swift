package import ArgumentParser
internal import IsogeoVault
internal import VaultSystem

/// The whole command line, `isogeo-vault`.
package struct VaultCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "isogeo-vault",
        abstract: "Keeps the secrets of Isogeo group applications encrypted, and gets their tokens.",
        discussion: """
              isogeo-vault import client_secrets.json    takes the secret into the vault
              isogeo-vault token                         prints a token

            Exit codes: 0 done; 64 usage; 65 the input file isn't acceptable; 66 no such vault or application, or no \
            token with --offline; 67 the credential was refused; 69 keyring or session not available, or timed out; \
            70 internal; 72 the vault is damaged, or older than it was; 73 exists already; 74 reading or writing \
            failed; 75 the same call may work later; 76 the server's answer makes no sense or grants too little, or \
            the API rejects the request; 77 locked, or the key doesn't fit; 78 permissions or configuration; 126 exec can't start the program; \
            127 exec finds no such program.
            """,
        version: "0.1.0",
        subcommands: [
            Import.self, Token.self, List.self, Show.self, Rename.self, Remove.self, Default.self, Rotate.self,
            Forget.self, Export.self, Exec.self, API.self, Check.self, Unlock.self, Lock.self, Key.self, Rekey.self,
            Status.self, Verify.self, Backup.self, Restore.self, Log.self, Doctor.self,
        ]
    )

    package init() {}

    /// Runs the command that the arguments name; errors are said on standard error, with their remedies.
    ///
    /// - Parameter given: the arguments without the program's name; nil for the process's own.
    /// - Returns: the exit code.
    package static func run(_ given: [String]? = nil) async -> Int32 {
        let context = CommandContext.current
        guard let arguments = given ?? Arguments.current else {
            return ErrorFormat.text.tell(
                // To print the help, with status 0, would answer something else than what was asked for.
                VaultError(
                    .internalError,
                    "The arguments of this process can't be found.",
                    remedy: "Start isogeo-vault with its own name as the first argument, as a shell does."
                ),
                context
            )
        }
        let errorFormat = ErrorFormat(in: arguments)
        do {
            if let call = TokenCall(plain: arguments) {
                try await call.run(context)
                return 0
            }
            if let mistyped = MistypedCommand.found(in: arguments) { return errorFormat.tell(mistyped.error, context) }
            var command = try parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
            return 0
        } catch let error as VaultError {
            return errorFormat.tell(error, context)
        } catch {
            let code = exitCode(for: error)
            let text = code == .success ? fullMessage(for: error) : message(for: error)
            guard code == .success else {
                var sentence = text.hasPrefix("Error: ") ? String(text.dropFirst("Error: ".count)) : text
                if sentence.last?.isPunctuation != true || sentence.hasSuffix("'") { sentence += "." }
                // What -q means everywhere else.
                let isQueryMissing = sentence.hasPrefix("Missing value for '-q ")
                let remedy =
                    isQueryMissing ? "Write -q name=value; quiet is --quiet here." : "isogeo-vault help shows how."
                return errorFormat.tell(VaultError(.usage, sentence, remedy: remedy), context)
            }
            do { try context.print(text) } catch { return errorFormat.tell(error, context) }
            return 0
        }
    }
}
