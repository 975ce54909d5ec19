internal import VaultCrypto
internal import VaultHTTP
internal import VaultKeys
internal import VaultOAuth
internal import VaultSystem

/// A group application to import: the contents of its `client_secrets.json`, with the secret in guarded memory.
public struct NewApplication: ~Copyable, Sendable {
    /// Settings of an application that its file doesn't have.
    public struct Options: Sendable {
        /// The name in the vault; nil derives one from the client_id.
        public var name: ApplicationName?
        /// The token endpoint, instead of the file's.
        public var tokenURI: String?
        /// The encoding of id and secret in the Basic header.
        public var basicEncoding = BasicEncoding.raw
        /// The path of certificates (PEM) to trust instead of the system's; the vault keeps them as they are now.
        public var caFile: String?
        /// The proxy for https if the environment names none: `http://host:port` or `https://host:port`.
        public var proxy: String?
        /// The API's address, such as `https://v1.api.isogeo.com`; nil for the API of Isogeo's own endpoints.
        public var apiBase: String?

        /// The file's settings, and the encoding that Isogeo documents.
        public init() {}

        /// Whether `name` is that of an application in the vault: it stays, whatever it looks like.
        package var hasKnownName = false
    }

    /// The encoding of id and secret before they are joined and encoded in Base64.
    public enum BasicEncoding: String, Sendable, CaseIterable {
        /// Unchanged (RFC 7617), as Isogeo expects them.
        case raw
        /// Form-encoded first (RFC 6749 §2.3.1).
        case form
    }

    /// All of it but the secret.
    struct PublicPart: Sendable {
        let name: ApplicationName
        var warnings: [String]
        let exposure: String?
        let source: Source
        /// The file's identity and state when it was read; nil unless it is a regular file.
        let sourceFile: FileFingerprint?
        /// 16 random bytes, different even for two readings of one credential.
        let id: [UInt8]
        let clientID: String
        let metadata: ClientSecretsFile.Metadata
        let fileWarnings: [ClientSecretsWarning]
        let endpoint: TokenEndpoint
        var encoding: VaultOAuth.BasicEncoding
        var caFile: CAFile?
        var proxy: ProxyAddress?
        var apiBase: APIBase?
        /// The digest of the row that it takes over settings from: it replaces that one and none that was written
        /// since.
        var basis: [UInt8]?

        /// Refuses to replace a row that others have changed since its settings were taken over.
        func check(replacing old: StoredApplication?) throws(VaultError) {
            guard basis == nil || basis == old?.digest else { throw VaultError(.applicationChanged(name)) }
        }
    }

    var publicPart: PublicPart
    private let secret: SecretBytes

    /// The application's name in the vault.
    public var name: ApplicationName { publicPart.name }
    /// Scheme, host and port of the token endpoint.
    public var tokenOrigin: String { publicPart.endpoint.origin }
    /// Oddities of the file that don't prevent its import, in sentences.
    public var warnings: [String] { publicPart.warnings }
    /// The one of the warnings that is about safety: others can read the file.
    package var exposure: String? { publicPart.exposure }
    /// The origin of the credential.
    public var source: Source { publicPart.source }
    var sourceFile: FileFingerprint? { publicPart.sourceFile }
    var id: [UInt8] { publicPart.id }

    /// Reads a `client_secrets.json`, or the INI file that Isogeo's SDK makes from it.
    ///
    /// - Parameters:
    ///   - path: the file; `-` is standard input.
    ///   - options: settings that the file doesn't have.
    /// - Throws: `inputNotAcceptable`, naming what the file is instead; `inputOutput` if it can't be read;
    ///   `configuration` for the CA file.
    public init(clientSecrets path: String, _ options: Options = Options()) throws(VaultError) {
        var (sourceFile, status) = (FileFingerprint?.none, FileStatus?.none)
        let file = try Self.read(path) { (sourceFile, status) = (FileFingerprint($0), $0) }
        let source = path == "-" ? Source.standardInput : .file(path)
        let exposure = path == "-" ? nil : status?.exposure(at: path)
        try self.init(file, options, source: source, sourceFile: sourceFile, exposure: exposure)
    }

    init(
        _ file: consuming ClientSecretsFile,
        _ options: Options,
        source: Source,
        sourceFile: FileFingerprint?,
        exposure: UnsafePath? = nil
    ) throws(VaultError) {
        // This may be the program's own thread.
        defer { SecretStack.wipe() }
        let encoding: VaultOAuth.BasicEncoding = options.basicEncoding == .raw ? .raw : .form
        let endpoint = try Self.endpoint(of: file, options)
        try Self.checkSendable(clientID: file.clientID, file.secret, encoding)
        guard let name = options.name ?? ApplicationName(suggestedBy: file.clientID) else {
            throw VaultError(.noName)
        }
        if !options.hasKnownName { try name.checkVisible() }
        publicPart = PublicPart(
            name: name,
            warnings: [],
            exposure: exposure.map { VaultNotice.exposedSource($0).sentence },
            source: source,
            sourceFile: sourceFile,
            id: Sodium.randomBytes(16),
            clientID: file.clientID,
            metadata: file.metadata,
            fileWarnings: file.warnings,
            endpoint: endpoint,
            encoding: encoding,
            caFile: try options.caFile.map(Self.caFile),
            proxy: try options.proxy.map(Self.proxy),
            apiBase: try options.apiBase.map { (text) throws(VaultError) in try APIBase(givenByHand: text) }
        )
        secret = file.takeSecret()
        publicPart.warnings = currentWarnings
    }

    /// Puts an application together again.
    init(_ publicPart: PublicPart, secret: consuming SecretBytes) {
        self.publicPart = publicPart
        self.secret = secret
    }

    /// Takes over the replaced application's settings, except those that were given anew.
    ///
    /// - Parameters:
    ///   - present: the application in the vault.
    ///   - options: the settings that were given.
    ///   - saysEncoding: whether the Basic encoding was given.
    /// - Returns: the API's recorded address if it isn't kept, because the tokens now come from another platform.
    /// - Throws: `configuration` for certificates that are gone; `inputNotAcceptable` if the encoding can't be kept.
    package mutating func keep(from present: Application, besides options: Options, saysEncoding: Bool)
        throws(VaultError) -> String?
    {
        publicPart.basis = present.reading.digest
        if options.caFile == nil {
            precondition(present.keepsCertificates == (present.keptCAFile != nil), "Vault.application reads them")
            if let kept = present.keptCAFile {
                publicPart.caFile = kept
            } else {
                publicPart.caFile = try present.caFile.map(Self.caFile)
            }
        }
        if options.proxy == nil { publicPart.proxy = try present.proxy.map(Self.proxy) }
        let droppedBase = keepAPIBase(of: present)
        guard !saysEncoding else { return droppedBase }
        publicPart.encoding = present.basicEncoding == .raw ? .raw : .form
        try Self.checkSendable(clientID: publicPart.clientID, secret, publicPart.encoding)
        publicPart.warnings = currentWarnings
        return droppedBase
    }

    private static func caFile(_ path: String) throws(VaultError) -> CAFile {
        try mappingErrors { () throws(HTTPError) in try CAFile.read(path) }
    }

    /// Refuses a credential that can't be sent at import, rather than when the first job needs a token.
    private static func checkSendable(
        clientID: String,
        _ secret: borrowing SecretBytes,
        _ encoding: VaultOAuth.BasicEncoding
    ) throws(VaultError) {
        try mappingErrors { () throws(OAuthError) in
            _ = try BasicCredentials(clientID: clientID, secret: secret, encoding: encoding)
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
        // The fault lies in the option, not in the file.
        do { return try TokenEndpoint(tokenURI) } catch {
            throw VaultError(.givenByHand(error))
        }
    }

    private static func proxy(_ text: String) throws(VaultError) -> ProxyAddress {
        do { return try ProxyAddress(text) } catch {
            throw VaultError(.givenByHand(OAuthError(error)))
        }
    }

    private var currentWarnings: [String] {
        var warnings = [exposure].compactMap(\.self) + publicPart.fileWarnings.map(\.sentence)
        if publicPart.encoding == .raw,
            BasicCredentials.encodingMatters(clientID: publicPart.clientID, secret: secret)
        {
            warnings.append(VaultNotice.encodingMatters.sentence)
        }
        return warnings
    }
}

extension NewApplication {
    /// Takes over the replaced application's API address, unless an option sets another.
    ///
    /// The platform must be the same: the old API must not see another platform's tokens.
    ///
    /// - Returns: an address that isn't kept; nil if there is none.
    private mutating func keepAPIBase(of present: Application) -> String? {
        guard publicPart.apiBase == nil, let recorded = present.recordedAPIBase else { return nil }
        guard tokenOrigin == present.tokenOrigin else { return recorded }
        publicPart.apiBase = try? APIBase(recorded)
        return nil
    }

    /// Calls `body` with the secret.
    borrowing func withSecret<Result, Failure: Error>(
        _ body: (borrowing SecretBytes) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(secret)
    }

    /// Whether client_id and token endpoint are the same.
    borrowing func isSameClient(as metadata: ApplicationMetadata) -> Bool {
        publicPart.clientID == metadata.clientID && publicPart.endpoint == metadata.endpoint
    }

    /// The metadata to store, with a new credential id.
    borrowing func metadata(now: Int64, created: Int64? = nil) -> ApplicationMetadata {
        publicPart.metadata(now: now, created: created)
    }
}

extension NewApplication.PublicPart {
    /// The metadata to store, with a new credential id.
    func metadata(now: Int64, created: Int64?) -> ApplicationMetadata {
        ApplicationMetadata(
            name: name,
            credential: Sodium.randomBytes(16),
            clientID: clientID,
            endpoint: endpoint,
            encoding: encoding,
            authURI: metadata.authURI,
            scopes: metadata.scopes,
            kind: metadata.kind,
            isogeoType: metadata.isogeoType,
            caFile: caFile?.path,
            created: created ?? now,
            credentialWritten: now,
            proxy: proxy,
            apiBase: apiBase,
            certificates: caFile.map(KeptCertificates.init)
        )
    }
}
