internal import IsogeoVault
internal import VaultCrypto
internal import VaultSystem

/// The work of `exec`, once its arguments are parsed.
struct ExecCall {
    let program: Program
    var application: String?
    /// Nil requests none.
    var token: TokenOptions?
    var sdk = false
    /// The variable that gets the path of the client_secrets.json.
    var clientSecrets: String?
    var privateFile = false
    /// Whether a secret leaves even if the audit trail can't record it.
    var unlogged = false
    /// The descriptor that gave the passphrase.
    var passphraseDescriptor: Int32?

    private static let tokenVariables = ["ISOGEO_ACCESS_TOKEN", "ISOGEO_ACCESS_TOKEN_EXPIRES"]

    /// Ends the process, or throws before the program has started.
    func run(_ context: CommandContext) async throws(VaultError) {
        let (opened, application, granted) = try await context.withVault {
            (opened) throws(VaultError) -> (Vault, Application, AccessToken?) in
            if let passphraseDescriptor { Self.withhold(passphraseDescriptor) }
            let name = try applicationName(self.application)
            // Before a token is requested, and before a message announces a secret that then isn't handed over.
            if clientSecrets != nil { try SharedSecretDirectory.checkPlace(isHeld: privateFile) }
            let (application, granted) = try await opened.applicationAndToken(name, token)
            return (opened, application, granted)
        }
        var environment = ChildEnvironment()
        environment.remove(Self.tokenVariables)
        if let token = granted {
            environment.set(Self.tokenVariables[0], to: token.value)
            environment.set(Self.tokenVariables[1], to: "\(token.expires.epochSeconds)")
        }
        guard sdk || clientSecrets != nil else {
            opened.close()
            try program.become(environment)
            return
        }
        var folder: SharedSecretDirectory?
        try await opened.handOver(application.name, as: application, by: way, unlogged: unlogged) {
            (credential) throws(VaultError) in
            if sdk { environment.give(credential, of: application) }
            // A signal that ended us after the file is made, and before the program has started, would leave the file.
            if privateFile { Execution.awaitChild() }
            do throws(VaultError) {
                if let clientSecrets {
                    let made = try SharedSecretDirectory.make(isHeld: privateFile)
                    folder = made
                    environment.set(clientSecrets, to: made.file)
                    try put(credential.clientSecretsFile(), into: made)
                }
                announce(application, context)
                if privateFile { try program.start(environment) } else { try program.become(environment) }
            } catch {
                folder?.remove()
                // A signal that arrived in the meantime ends us now, and leaves nothing behind.
                if privateFile { Execution.awaitNoChild() }
                throw error
            }
        }
        // We may stay for hours, and need neither key nor secret for that.
        opened.close()
        environment = ChildEnvironment()
        if let folder { Execution.endWithChild { folder.remove() } }
    }

    /// Keeps the program from reading the passphrase again: it could seek to the beginning of a file that it inherits.
    private static func withhold(_ descriptor: Int32) {
        let file = FileDescriptor(borrowing: descriptor)
        guard descriptor <= 2 else { return file.closeOnExecution() }
        // A standard stream must be open, and a terminal gives nothing twice.
        if descriptor == 0, !file.isTerminal() { file.replace(by: "/dev/null") }
    }

    private var way: String {
        (["exec"] + (sdk ? ["--sdk"] : []) + (clientSecrets != nil ? ["--client-secrets"] : [])).joined(separator: " ")
    }

    private func announce(_ application: Application, _ context: CommandContext) {
        let name = program.name.shellWord
        if sdk {
            context.say("\(name) gets the secret of \(application.name) in clear, in its environment.")
        }
        if let clientSecrets {
            context.say(
                "\(name) gets the secret of \(application.name) in clear, in the file that $\(clientSecrets) names."
            )
        }
    }

    private func put(_ file: borrowing SecretBytes, into folder: SharedSecretDirectory) throws(VaultError) {
        guard !privateFile else { return try folder.write(file) }
        let descriptor: Int32
        do throws(Errno) {
            descriptor = try file.withBytes { (bytes) throws(Errno) in
                try FileDescriptor.sealedFile("client_secrets.json", bytes)
            }
        } catch {
            throw VaultError(.fileInMemory(error))
        }
        try folder.link(to: descriptor)
    }
}

extension ChildEnvironment {
    private static let idVariables = ["ISOGEO_API_GROUP_CLIENT_ID", "ISOGEO_CLIENT_ID"]
    private static let secretVariables = ["ISOGEO_API_GROUP_CLIENT_SECRET", "ISOGEO_CLIENT_SECRET"]

    /// Sets what Isogeo's SDK and tools read, and removes what would point them to another platform.
    fileprivate mutating func give(_ credential: borrowing SharedCredential, of application: Application) {
        set(Self.secretVariables, to: credential.secret)
        for name in Self.idVariables { set(name, to: application.clientID) }
        set("ISOGEO_TOKEN_URL", to: application.tokenURI)
        set("ISOGEO_PLATFORM", to: application.platform)
        remove(["ISOGEO_API_URL", "ISOGEO_ID_URL"])
        if let base = application.apiBase { set("ISOGEO_API_URL", to: base) }
        // Isogeo's tools append /oauth/token to it.
        if application.tokenURI.hasSuffix("/oauth/token") {
            set("ISOGEO_ID_URL", to: String(application.tokenURI.dropLast("/oauth/token".count)))
        }
    }
}

extension Application {
    /// The SDK's name of the platform.
    fileprivate var platform: String {
        switch tokenOrigin {
        case "https://id.api.isogeo.com": "prod"
        case "https://id.api.qa.isogeo.com": "qa"
        default: "custom"
        }
    }
}
