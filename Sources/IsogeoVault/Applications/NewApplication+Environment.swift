internal import VaultCrypto
internal import VaultKeys
internal import VaultOAuth
internal import VaultSystem

extension NewApplication {
    /// Reads the variables that Isogeo's SDK and tools read.
    ///
    /// `ISOGEO_API_GROUP_CLIENT_ID` and `ISOGEO_API_GROUP_CLIENT_SECRET`, else `ISOGEO_CLIENT_ID` and
    /// `ISOGEO_CLIENT_SECRET`; `ISOGEO_TOKEN_URL`, else `ISOGEO_ID_URL`, else `ISOGEO_PLATFORM`. An empty variable
    /// counts as unset. Both secrets are overwritten in the environment's own memory: call this once, before other
    /// threads read the environment.
    ///
    /// - Parameter options: settings that the environment doesn't have.
    /// - Throws: `usage`, naming the variable that is missing or unacceptable; `configuration` for the CA file.
    public init(fromEnvironment options: Options = Options()) throws(VaultError) {
        try self.init(options, in: .process)
    }

    init(_ options: Options, in environment: CredentialEnvironment) throws(VaultError) {
        let credential = try environment.credential()
        var options = options
        let uri = try options.tokenURI == nil ? environment.tokenURI() : nil
        if let uri {
            do { _ = try TokenEndpoint(uri.text) } catch {
                throw VaultError(.environment(.address(error, variable: uri.variable)))
            }
            options.tokenURI = uri.text
        }
        let file: ClientSecretsFile
        do throws(OAuthError) {
            file = try ClientSecretsFile(
                clientID: credential.id,
                secret: credential.secret,
                tokenURI: options.tokenURI
            )
        } catch {
            throw credential.names.explain(error)
        }
        do { try self.init(file, options, source: .environment, sourceFile: nil) } catch {
            // No input file is involved that the error could blame.
            guard error.code == .inputNotAcceptable else { throw error }
            guard case .oauth(let fault)? = error.problem as? VaultProblem else { throw error }
            throw VaultError(.givenByHand(fault))
        }
    }
}

/// The environment, as a source of a credential.
struct CredentialEnvironment: Sendable {
    /// A variable that holds no secret.
    let value: @Sendable (String) -> String?
    /// Whether a variable has a value, without reading it.
    let isSet: @Sendable (String) -> Bool
    /// Moves a secret out of the environment, and overwrites it there.
    let take: @Sendable (String) -> SecretBytes?

    /// The environment of this process.
    static let process = CredentialEnvironment(
        value: { Environment.value(of: $0) },
        isSet: { Environment.hasValue($0) },
        take: { EnvironmentSecret.take($0) }
    )

    /// The variables of one credential.
    struct Names: Sendable {
        let id: String
        let secret: String

        static let all = [
            Names(id: "ISOGEO_API_GROUP_CLIENT_ID", secret: "ISOGEO_API_GROUP_CLIENT_SECRET"),
            Names(id: "ISOGEO_CLIENT_ID", secret: "ISOGEO_CLIENT_SECRET"),
        ]
    }

    struct Credential: ~Copyable {
        let names: Names
        let id: String
        let secret: SecretBytes
    }

    /// The first pair of variables of which at least one is set.
    func credential() throws(VaultError) -> Credential {
        guard let names = Names.all.first(where: { isSet($0.id) || isSet($0.secret) }) else {
            throw VaultError(.environment(.nothing(Names.all.map { ($0.id, $0.secret) })))
        }
        // A lone variable is left over from another setup. Mixed with another pair, the server would refuse it as a
        // wrong secret.
        guard isSet(names.id) else { throw VaultError(.environment(.missing(names.id, other: names.secret))) }
        guard isSet(names.secret), let secret = take(names.secret) else {
            throw VaultError(.environment(.missing(names.secret, other: names.id)))
        }
        // Other variables often hold the same secret.
        for other in Names.all where other.secret != names.secret { _ = take(other.secret) }
        return Credential(names: names, id: value(names.id) ?? "", secret: secret)
    }

    /// The token endpoint and the variable that names it; nil for Isogeo's own.
    func tokenURI() throws(VaultError) -> (text: String, variable: String)? {
        if let text = value("ISOGEO_TOKEN_URL"), !text.isEmpty { return (text, "ISOGEO_TOKEN_URL") }
        if var text = value("ISOGEO_ID_URL"), !text.isEmpty {
            while text.hasSuffix("/") { text.removeLast() }
            return (text + "/oauth/token", "ISOGEO_ID_URL")
        }
        switch (value("ISOGEO_PLATFORM") ?? "").lowercased() {
        case "", "prod": return nil
        case "qa": return ("https://id.api.qa.isogeo.com/oauth/token", "ISOGEO_PLATFORM")
        case "custom":
            throw VaultError(.environment(.customPlatform))
        default:
            throw VaultError(.environment(.unknownPlatform))
        }
    }
}

extension CredentialEnvironment.Names {
    /// The error of a file's member, as an error of the variable in its place.
    fileprivate func explain(_ error: OAuthError) -> VaultError {
        guard case .clientSecrets(let problem) = error, let fault = problem.fault else {
            return VaultError(.givenByHand(error))
        }
        return VaultError(.environment(.value(problem, variable: fault.member == .clientID ? id : secret)))
    }
}
