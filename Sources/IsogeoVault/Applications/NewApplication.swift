internal import VaultCrypto
internal import VaultKeys
internal import VaultOAuth
internal import VaultSystem

/// A group application that is to be imported: what its `client_secrets.json` says, and its secret in guarded memory.
public struct NewApplication: ~Copyable, Sendable {
    /// What an import may say of an application beside its file.
    public struct Options: Sendable {
        /// The name in the vault; nil makes one of the client_id.
        public var name: ApplicationName?
        /// Where tokens are requested, instead of what the file says.
        public var tokenURI: String?
        /// How id and secret are written into the Basic header.
        public var basicEncoding = BasicEncoding.raw
        /// The path of certificates (PEM) to trust instead of the system's.
        public var caFile: String?
        /// The proxy for https, where the environment names none: `http://host:port` or `https://host:port`.
        public var proxy: String?
        /// Where the API lies, such as `https://v1.api.isogeo.com`; nil for Isogeo's own, beside its token endpoints.
        public var apiBase: String?

        /// What the file says, sent as Isogeo documents it.
        public init() {}
    }

    /// How id and secret are written before they are put together and encoded in Base64.
    public enum BasicEncoding: String, Sendable, CaseIterable {
        /// As they are (RFC 7617), as Isogeo takes them.
        case raw
        /// Form-encoded first (RFC 6749 §2.3.1).
        case form
    }

    /// The name that it will have.
    public let name: ApplicationName
    /// Where tokens will be requested: scheme, host and port.
    public var tokenOrigin: String { endpoint.origin }
    /// What is odd about the file without making it useless, in sentences.
    public private(set) var warnings: [String]
    /// Where it was read from.
    public let source: Source

    /// The file that was read, as it was then; nil for anything but a regular file.
    let sourceFile: FileFingerprint?
    /// 16 random bytes that no other value has, be it of the same credential.
    let id = Sodium.randomBytes(16)
    private let file: ClientSecretsFile
    private let endpoint: TokenEndpoint
    private var encoding: VaultOAuth.BasicEncoding
    private var caFile: String?
    private var proxy: ProxyAddress?
    private var apiBase: APIBase?

    /// Reads a `client_secrets.json`, or the INI file that Isogeo's SDK makes of it.
    ///
    /// - Parameters:
    ///   - path: the file; `-` is standard input.
    ///   - options: what the file doesn't say.
    /// - Throws: `inputNotAcceptable` with what the file is instead; `inputOutput` when it can't be read; `configuration`
    ///   for the CA file.
    public init(clientSecrets path: String, _ options: Options = Options()) throws(VaultError) {
        var sourceFile: FileFingerprint?
        let file = try Self.read(path) { sourceFile = FileFingerprint($0) }
        let source = path == "-" ? Source.standardInput : .file(path)
        try self.init(file, options, source: source, sourceFile: sourceFile)
    }

    init(
        _ file: consuming ClientSecretsFile,
        _ options: Options,
        source: Source,
        sourceFile: FileFingerprint?
    ) throws(VaultError) {
        let encoding: VaultOAuth.BasicEncoding = options.basicEncoding == .raw ? .raw : .form
        let endpoint = try Self.endpoint(of: file, options)
        try Self.checkSendable(file, encoding)
        guard let name = options.name ?? ApplicationName(suggestedBy: file.clientID) else {
            throw VaultError(.noName)
        }
        try name.checkVisible()
        let caFile = try options.caFile.map(Self.caFile)
        let proxy = try options.proxy.map(Self.proxy)
        apiBase = try options.apiBase.map { (text) throws(VaultError) in try APIBase(givenByHand: text) }
        self.name = name
        self.endpoint = endpoint
        self.encoding = encoding
        self.caFile = caFile
        self.proxy = proxy
        self.source = source
        self.sourceFile = sourceFile
        warnings = Self.warnings(file, encoding: encoding)
        self.file = file
    }

    /// Takes over from the application that this one replaces what nobody says anew.
    ///
    /// - Parameters:
    ///   - present: what is in the vault.
    ///   - options: what is said anew.
    ///   - saysEncoding: whether the Basic encoding is among it.
    /// - Returns: where the API was said to be, when that isn't kept: it belongs to another platform's tokens.
    /// - Throws: `configuration` for certificates that are gone; `inputNotAcceptable` where the encoding can't be kept.
    package mutating func keep(from present: Application, besides options: Options, saysEncoding: Bool)
        throws(VaultError) -> String?
    {
        if options.caFile == nil { caFile = try present.caFile.map(Self.caFile) }
        if options.proxy == nil { proxy = try present.proxy.map(Self.proxy) }
        let droppedBase = keepAPIBase(of: present)
        guard !saysEncoding else { return droppedBase }
        encoding = present.basicEncoding == .raw ? .raw : .form
        try Self.checkSendable(file, encoding)
        warnings = Self.warnings(file, encoding: encoding)
        return droppedBase
    }

    private static func caFile(_ path: String) throws(VaultError) -> String {
        try mappingErrors { () throws(OAuthError) in try CAFile.resolved(path) }
    }

    /// Refuses now what can't be sent, and not when the first job needs a token.
    private static func checkSendable(_ file: borrowing ClientSecretsFile, _ encoding: VaultOAuth.BasicEncoding)
        throws(VaultError)
    {
        try mappingErrors { () throws(OAuthError) in
            _ = try BasicCredentials(clientID: file.clientID, secret: file.secret, encoding: encoding)
        }
    }

    private static func read(_ path: String, looking look: (FileStatus) -> Void) throws(VaultError)
        -> ClientSecretsFile
    {
        let bytes: SecretBytes
        do {
            bytes = try SecretFile.readInput(path, limit: ClientSecretsFile.sizeLimit, looking: look)
        } catch {
            throw VaultError(.unreadableInput(error))
        }
        do { return try ClientSecretsFile(bytes) } catch { throw VaultError(error) }
    }

    private static func endpoint(of file: borrowing ClientSecretsFile, _ options: Options) throws(VaultError)
        -> TokenEndpoint
    {
        guard let tokenURI = options.tokenURI else {
            do { return try file.tokenEndpoint() } catch { throw VaultError(error) }
        }
        // One that was given by hand is not the file's fault.
        do { return try TokenEndpoint(tokenURI) } catch {
            throw VaultError(.givenByHand(error))
        }
    }

    private static func proxy(_ text: String) throws(VaultError) -> ProxyAddress {
        do { return try ProxyAddress(text) } catch {
            throw VaultError(.givenByHand(error))
        }
    }

    private static func warnings(_ file: borrowing ClientSecretsFile, encoding: VaultOAuth.BasicEncoding) -> [String] {
        var warnings = file.warnings.map { "\($0.sentence)" }
        if encoding == .raw, BasicCredentials.encodingMatters(clientID: file.clientID, secret: file.secret) {
            warnings.append(
                "The id or secret has characters that servers read in two ways; it is sent raw, as Isogeo documents it. "
                    + "If the server refuses it, import it again with --basic-encoding form --replace."
            )
        }
        return warnings
    }
}

extension NewApplication {
    /// Keeps where the API of an application lies that this one replaces, unless options have said it.
    ///
    /// Only of the same platform: tokens of another one are nothing for the old one's API to see.
    ///
    /// - Returns: the base that isn't kept, where there is one.
    private mutating func keepAPIBase(of present: Application) -> String? {
        guard apiBase == nil, let recorded = present.recordedAPIBase else { return nil }
        guard tokenOrigin == present.tokenOrigin else { return recorded }
        apiBase = try? APIBase(recorded)
        return nil
    }

    /// Lends the secret.
    borrowing func withSecret<Result, Failure: Error>(
        _ body: (borrowing SecretBytes) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(file.secret)
    }

    /// Whether tokens for both are asked for in the same name at the same place.
    borrowing func isSameClient(as metadata: ApplicationMetadata) -> Bool {
        file.clientID == metadata.clientID && endpoint == metadata.endpoint
    }

    /// What is stored of it beside the secret, with a new credential id.
    borrowing func metadata(now: Int64, created: Int64? = nil) -> ApplicationMetadata {
        ApplicationMetadata(
            name: name,
            credential: Sodium.randomBytes(16),
            clientID: file.clientID,
            endpoint: endpoint,
            encoding: encoding,
            authURI: file.metadata.authURI,
            scopes: file.metadata.scopes,
            kind: file.metadata.kind,
            isogeoType: file.metadata.isogeoType,
            caFile: caFile,
            created: created ?? now,
            credentialWritten: now,
            proxy: proxy,
            apiBase: apiBase
        )
    }
}
