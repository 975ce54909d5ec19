package import VaultCrypto

/// A group application's credential as Isogeo hands it over: `client_secrets.json`, in Google's layout, or the INI file
/// that the SDK makes of it.
package struct ClientSecretsFile: ~Copyable, Sendable {
    /// The largest file that is read, in bytes.
    package static let sizeLimit = 1 << 20

    /// Any text without characters that can't be seen, at most 1 024 bytes.
    package let clientID: String
    /// The same, at most 4 096 bytes.
    package let secret: SecretBytes
    /// As it stands in the file, so that an address given by hand can take its place; nil means Isogeo's.
    package let tokenURI: String?
    /// What is kept too, and not needed for a token.
    package let metadata: Metadata
    /// What is odd about the file without making it useless.
    package let warnings: [ClientSecretsWarning]

    /// What a file tells about its application.
    package struct Metadata: Equatable, Sendable {
        package let authURI: String?
        package let scopes: [String]
        package let kind: String?
        package let isogeoType: String?
        package let projectID: String?

        package init(
            authURI: String? = nil,
            scopes: [String] = [],
            kind: String? = nil,
            isogeoType: String? = nil,
            projectID: String? = nil
        ) {
            self.authURI = authURI
            self.scopes = scopes
            self.kind = kind
            self.isogeoType = isogeoType
            self.projectID = projectID
        }
    }

    /// Reads the file's bytes.
    ///
    /// - Throws: `OAuthError.clientSecrets` with what the file is instead, and nothing of its content.
    package init(_ bytes: consuming SecretBytes) throws(OAuthError) {
        do throws(ClientSecretsProblem) {
            let form = try bytes.withBytes { (input: Span<UInt8>) throws(ClientSecretsProblem) in
                try FileForm(of: input)
            }
            try self.init(try Self.document(bytes, form), warnings: form.warnings)
        } catch {
            throw .clientSecrets(error)
        }
    }

    /// Takes a credential that comes from elsewhere, and is held to the same as a file's.
    ///
    /// - Throws: `OAuthError.clientSecrets` with the member that isn't acceptable.
    package init(clientID: String, secret: borrowing SecretBytes, tokenURI: String?) throws(OAuthError) {
        do throws(ClientSecretsProblem) {
            try secret.withBytes { (bytes: Span<UInt8>) throws(ClientSecretsProblem) in
                try bytes.checkText(.clientSecret)
            }
            let json = ClientSecretsWriter(clientID: clientID, tokenURI: tokenURI).json(secret: secret)
            try self.init(try Self.document(json, from: 0), warnings: [])
        } catch {
            throw .clientSecrets(error)
        }
    }

    /// The secret alone.
    package consuming func takeSecret() -> SecretBytes { secret }

    /// The address in the file, or Isogeo's where the file has none.
    ///
    /// - Throws: `OAuthError.endpoint`; an address given by hand rescues the import then.
    package borrowing func tokenEndpoint() throws(OAuthError) -> TokenEndpoint {
        guard let tokenURI else { return .isogeo }
        return try TokenEndpoint(tokenURI)
    }

    private init(_ document: borrowing StrictJSON, warnings: [ClientSecretsWarning]) throws(ClientSecretsProblem) {
        let reader = ClientSecretsReader(application: try ClientSecretsReader.application(in: document))
        let clientID = try reader.clientID(document)
        let secret = try reader.secret(document)
        let tokenURI = try reader.text(.tokenURI, document)
        try reader.refuseUserApplication(document)
        let metadata = try reader.metadata(document)

        self.clientID = clientID
        self.tokenURI = tokenURI
        self.metadata = metadata
        self.warnings =
            warnings
            + ClientSecretsWarning.about(clientID: clientID, secret: secret, tokenURI: tokenURI)
            + reader.warnings(document)
        self.secret = secret
    }

    private static func document(_ bytes: consuming SecretBytes, _ form: FileForm) throws(ClientSecretsProblem)
        -> StrictJSON
    {
        guard form.isINI else { return try document(bytes, from: form.start, isHeadless: form.isHeadless) }
        let json = try bytes.withBytes { (input: Span<UInt8>) throws(ClientSecretsProblem) in
            try ClientSecretsINI.json(of: input, from: form.start)
        }
        return try document(json, from: 0)
    }

    private static func document(_ bytes: consuming SecretBytes, from start: Int, isHeadless: Bool = false)
        throws(ClientSecretsProblem) -> StrictJSON
    {
        do { return try StrictJSON(bytes, from: start) } catch { throw isHeadless ? .headCutOff : .notJSON(error) }
    }
}

/// What the first bytes tell, before anything is read.
private struct FileForm {
    /// Where the text begins: behind the UTF-8 byte order mark that Windows editors write.
    let start: Int
    /// Whether it begins with a member, as when `{"web": {` was cut off.
    let isHeadless: Bool
    /// Whether it begins with a section, behind comments perhaps.
    let isINI: Bool

    var warnings: [ClientSecretsWarning] { (start > 0 ? [.byteOrderMark] : []) + (isINI ? [.iniFile] : []) }

    init(of input: Span<UInt8>) throws(ClientSecretsProblem) {
        // Before the size: an archive is large, and still an archive.
        if let foreign = ForeignFile(head: input) { throw .foreign(foreign) }
        guard input.count <= ClientSecretsFile.sizeLimit else {
            throw .tooLarge(limit: ClientSecretsFile.sizeLimit)
        }
        let head = (0..<min(input.count, 3)).map { input[$0] }
        guard !head.starts(with: [0xFE, 0xFF]), !head.starts(with: [0xFF, 0xFE]), !head.prefix(2).contains(0) else {
            throw .utf16
        }
        start = head == [0xEF, 0xBB, 0xBF] ? 3 : 0
        guard let first = (start..<input.count).first(where: { input[$0] > 0x20 }) else { throw .emptyFile }
        isHeadless = input[first] == UInt8(ascii: "\"")
        let line = Self.behindComments(input, from: first)
        isINI = Self.isSectionOfINI(input, at: line)
        if !isINI, let foreign = ForeignFile(text: input, at: line) { throw .foreign(foreign) }
    }

    /// Where the first line begins that is no comment of an INI file; JSON has none.
    private static func behindComments(_ input: Span<UInt8>, from first: Int) -> Int {
        var isComment = false
        return (first..<input.count).first { index in
            if input[index] == 0x0A { isComment = false }
            guard !isComment, input[index] > 0x20 else { return false }
            isComment = ClientSecretsINI.isComment(input[index])
            return !isComment
        } ?? first
    }

    /// `[auth]`, `[section 2]`: a name in brackets; an array of JSON holds no bare word but three.
    private static func isSectionOfINI(_ input: Span<UInt8>, at start: Int) -> Bool {
        guard input[start] == UInt8(ascii: "[") else { return false }
        var name: [UInt8] = []
        for index in start + 1..<min(start + 66, max(start + 1, input.count)) {
            if input[index] == UInt8(ascii: "]") {
                let word = String(decoding: name.prefix { $0 != 0x20 }, as: UTF8.self)
                return !["", "true", "false", "null"].contains(word)
            }
            guard isNameCharacter(input[index], isFirst: name.isEmpty) else { return false }
            name.append(input[index])
        }
        return false
    }

    private static func isNameCharacter(_ byte: UInt8, isFirst: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), 0x20: !isFirst
        default: false
        }
    }
}
