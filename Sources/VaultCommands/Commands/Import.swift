internal import ArgumentParser
internal import IsogeoVault

/// Takes a credential in: `isogeo-vault import FILE`.
struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take a client_secrets.json into the vault, its secret encrypted.",
        discussion: """
            The first import makes the vault and protects it as --protect says; without it, by the key file or \
            passphrase that options or environment name, else by a passphrase that you are asked for. Where nothing \
            is named and nobody can be asked, nothing is made.

              isogeo-vault import client_secrets.json
              isogeo-vault import --protect key-file=vault.key client_secrets.json

            The file is read and stays where it is, with the secret in clear: delete it when you no longer need it.
            """
    )

    @Argument(help: "The client_secrets.json of a group application; - is standard input.")
    var file: String

    @Option(help: "The application's name in the vault (default: its client_id without the UUID at the end).")
    var name: String?

    @Option(help: ArgumentHelp("Where tokens are requested, instead of what the file says.", valueName: "url"))
    var tokenUri: String?

    @Flag(help: "Replace the application of that name, its secret and its tokens.")
    var replace = false

    @Option(
        help: ArgumentHelp(
            "How a new vault is protected: passphrase, or key-file=PATH (made if missing).",
            valueName: "way"
        )
    )
    var protect: ProtectArgument?

    @Option(
        help: "How id and secret are written into the Basic header: raw (as Isogeo documents it) or form (RFC 6749)."
    )
    var basicEncoding = EncodingArgument.raw

    @Option(
        help: ArgumentHelp(
            "Certificates (PEM) to trust for this application instead of the system's.",
            valueName: "path"
        )
    )
    var caFile: String?

    @Flag(help: "Print what was imported as JSON.")
    var json = false

    @OptionGroup(title: "Vault")
    var vault: VaultOptions

    func run() async throws {
        let context = Context.current
        let application = try NewApplication(clientSecrets: file, try options)
        for warning in application.warnings { vault.choice.say("warning: \(warning)", context) }
        let (opened, outcome) = try await store(application, context)
        try report(application, outcome, opened.path, context)
    }

    private var options: NewApplication.Options {
        get throws(VaultError) {
            var options = NewApplication.Options()
            if let name { options.name = try validName(name) }
            options.tokenURI = tokenUri
            options.basicEncoding = basicEncoding.encoding
            options.caFile = caFile
            return options
        }
    }

    private func store(_ application: borrowing NewApplication, _ context: Context) async throws(VaultError)
        -> (vault: Vault, outcome: ImportReport.Outcome)
    {
        let doors = vault.choice.doors(context)
        guard try await Vault.exists(at: vault.choice.path) else {
            let protection = try protection(context)
            do {
                let made = try await Vault.create(
                    at: vault.choice.path,
                    protectedBy: protection,
                    importing: application,
                    doors: doors
                )
                return (made, .madeVault)
            } catch {
                // Somebody made it a moment before: what would have protected it opens it, or that is the answer.
                guard error.code == .exists else { throw error }
                let opened = try await Vault.open(at: vault.choice.path, protectedBy: protection, doors: doors)
                return (opened, try await opened.add(application, replacing: replace) ? .replaced : .added)
            }
        }
        // A vault that is there has its protection: --protect names what must open it.
        let opened = try await Vault.open(at: vault.choice.path, unlocking: unlocking(context), doors: doors)
        return (opened, try await opened.add(application, replacing: replace) ? .replaced : .added)
    }

    private func unlocking(_ context: Context) -> Unlocking {
        guard case .keyFile(let path) = protect, !vault.choice.hasNamedWay else {
            return vault.choice.unlocking(context)
        }
        return .keyFile(path)
    }

    private func protection(_ context: Context) throws(VaultError) -> Protection {
        switch protect {
        case .keyFile(let path): return .keyFile(path)
        case .passphrase, nil:
            if vault.choice.hasNamedWay { return try .by(vault.choice.unlocking(context)) }
            guard vault.choice.mayAsk, let terminal = context.terminal() else { throw Self.noProtection }
            return try .passphrase { (passphrase) throws(VaultError) in
                try terminal.askNew(into: &passphrase)
            }
        }
    }

    private func report(
        _ application: borrowing NewApplication,
        _ outcome: ImportReport.Outcome,
        _ path: String,
        _ context: Context
    ) throws(VaultError) {
        vault.choice.say(outcome.sentence(application.name, path), context)
        if case .keyFile(let path) = protect, outcome == .madeVault {
            vault.choice.say(
                "The vault is protected by the key file \(path): keep a copy of it, apart from the vault's.",
                context
            )
        }
        vault.choice.say("Tokens will be requested from \(application.tokenOrigin).", context)
        if file != "-" {
            vault.choice.say("\(file) still holds the secret in clear: delete it when you no longer need it.", context)
        }
        guard json else { return }
        try context.printJSON(
            ImportReport(
                application: application.name.description,
                outcome: outcome,
                token_origin: application.tokenOrigin,
                vault: path
            )
        )
    }

    private static let noProtection = VaultError(
        .usage,
        "There is no vault yet, and nothing says how to protect a new one.",
        remedy: """
            Choose one of these:
              isogeo-vault import --protect key-file=PATH FILE         (PATH is made; keep a copy of it)
              isogeo-vault import --passphrase-file PATH FILE          (the passphrase is in PATH, mode 0600)
              isogeo-vault import --protect passphrase FILE            (on a terminal: you are asked for it)
            """
    )
}

/// The value of `--protect`.
enum ProtectArgument: ExpressibleByArgument {
    case passphrase
    case keyFile(path: String)

    init?(argument: String) {
        if argument == "passphrase" {
            self = .passphrase
        } else if argument.hasPrefix("key-file="), argument.utf8.count > "key-file=".utf8.count {
            self = .keyFile(path: String(argument.dropFirst("key-file=".count)))
        } else {
            return nil
        }
    }
}

/// The value of `--basic-encoding`.
enum EncodingArgument: String, ExpressibleByArgument, CaseIterable {
    case raw, form

    var encoding: NewApplication.BasicEncoding { self == .raw ? .raw : .form }
}

/// An import as JSON.
private struct ImportReport: Encodable {
    enum Outcome: String, Encodable {
        case madeVault = "made-vault"
        case added, replaced

        func sentence(_ name: ApplicationName, _ path: String) -> String {
            switch self {
            case .madeVault: "Made the vault \(path) with the application \(name)."
            case .added: "Added the application \(name) to \(path)."
            case .replaced: "Replaced the application \(name) in \(path)."
            }
        }
    }

    let application: String
    let outcome: Outcome
    let token_origin: String
    let vault: String
}
