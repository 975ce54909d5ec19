internal import ArgumentParser
internal import IsogeoVault

/// Runs a program with a token: `isogeo-vault exec [NAME] -- CMD…`.
struct Exec: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exec",
        abstract: "Run a program with a token in its environment.",
        discussion: """
            The program finds a token in $ISOGEO_ACCESS_TOKEN, and its expiry, in seconds since 1970, in \
            $ISOGEO_ACCESS_TOKEN_EXPIRES. It replaces isogeo-vault, except with --private-file: exit code and signals \
            are its own, and it gets the umask, limits and environment that isogeo-vault was started with, without \
            ISOGEO_VAULT_PASSPHRASE.

              isogeo-vault exec -- ./export.sh
              isogeo-vault exec -- sh -c './list.sh | wc -l'
              isogeo-vault exec city-maps --sdk -- python3 sync.py

            --sdk and --client-secrets hand over the client secret itself, in clear, to a program that requests its \
            own tokens. Standard error says so, and the audit trail records it. --client-secrets needs \
            $XDG_RUNTIME_DIR, a folder of yours alone, which cron and services usually lack; --sdk doesn't.

            Exit codes: the program's own; 127 there is no such program; 126 it can't be started; before that, those \
            of isogeo-vault.
            """
    )

    @OptionGroup
    var application: ApplicationOptions

    @Argument(parsing: .postTerminator, help: ArgumentHelp("The program and its arguments.", valueName: "cmd"))
    var command: [String] = []

    @Flag(
        help: """
            Set the variables that Isogeo's SDK and tools read, ISOGEO_API_GROUP_CLIENT_SECRET and \
            ISOGEO_CLIENT_SECRET among them.
            """
    )
    var sdk = false

    @Option(
        help: ArgumentHelp(
            "Put a client_secrets.json, its secret in clear, into memory, and its path into this variable.",
            valueName: "variable"
        )
    )
    var clientSecrets: String?

    @Flag(
        help: """
            With --client-secrets: a file in $XDG_RUNTIME_DIR instead, for programs whose children close descriptors. \
            isogeo-vault removes it when the program has ended; after a kill -9 or a power cut, the next \
            exec --client-secrets does.
            """
    )
    var privateFile = false

    @Flag(help: "With --sdk or --client-secrets: request and hand over no token.")
    var noToken = false

    @Flag(
        help: """
            With --sdk or --client-secrets: hand the secret over even if the audit trail can't record it, as in a \
            read-only vault.
            """
    )
    var unlogged = false

    @Flag(help: "Request a new token even if the cached one is usable.")
    var refresh = false

    @OptionGroup(title: "Token")
    var token: TokenRequestOptions

    @OptionGroup(title: "Connection")
    var connection: ConnectionOptions

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func validate() throws {
        guard !command.isEmpty else {
            throw CommandProblem.Call.noProgram
        }
        guard !privateFile || clientSecrets != nil else {
            throw CommandProblem.Call.goesWith("--private-file", ["--client-secrets"])
        }
        guard !noToken || sdk || clientSecrets != nil else {
            throw CommandProblem.Call.goesWith("--no-token", ["--sdk", "--client-secrets"])
        }
        guard !unlogged || sdk || clientSecrets != nil else {
            throw CommandProblem.Call.goesWith("--unlogged", ["--sdk", "--client-secrets"])
        }
        if let clientSecrets, !clientSecrets.isNameOfVariable {
            throw CommandProblem.Call.notAVariable("--client-secrets")
        }
        if let clientSecrets, clientSecrets.meansSomethingElse {
            throw CommandProblem.Call.variableInUse("--client-secrets", variable: clientSecrets)
        }
    }

    func run() async throws {
        let call = ExecCall(
            program: try Program(command),
            application: application.given,
            token: noToken ? nil : token.options(refresh: refresh),
            sdk: sdk,
            clientSecrets: clientSecrets,
            privateFile: privateFile,
            unlogged: unlogged,
            passphraseDescriptor: vault.passphraseFd
        )
        try await call.run(vault.context(connection))
    }
}

extension String {
    /// Whether shells, the loader, most programs or isogeo-vault read a variable of this name.
    fileprivate var meansSomethingElse: Bool {
        let names: Set = [
            "PATH", "HOME", "IFS", "SHELL", "USER", "LOGNAME", "PWD", "ENV", "BASH_ENV", "LANG", "TERM", "TMPDIR",
        ]
        let prefixes = ["LD_", "LC_", "XDG_", "ISOGEO_ACCESS_TOKEN", "ISOGEO_VAULT"]
        return names.contains(self) || prefixes.contains(where: hasPrefix)
    }

    fileprivate var isNameOfVariable: Bool {
        guard let first = utf8.first, !(0x30...0x39).contains(first) else { return false }
        return utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
        }
    }
}
