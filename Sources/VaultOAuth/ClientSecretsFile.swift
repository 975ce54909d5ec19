package import VaultCrypto

/// A group application's credential as Isogeo hands it over: `client_secrets.json`, in Google's layout.
package struct ClientSecretsFile: ~Copyable, Sendable {
    /// The largest file that is read, in bytes.
    package static let sizeLimit = 1 << 20

    /// Any text without control or format characters, at most 1 024 bytes.
    package let clientID: String
    /// Any bytes without control characters, at most 4 096.
    package let secret: SecretBytes
    /// As it stands in the file, so that an address given by hand can take its place; nil means Isogeo's.
    package let tokenURI: String?
    /// What is kept beside, and not needed for a token.
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
    }

    /// Reads the file's bytes.
    ///
    /// - Throws: `OAuthError.clientSecrets` with what the file is instead, and nothing of its content.
    package init(_ bytes: consuming SecretBytes) throws(OAuthError) {
        do { try self.init(reading: bytes) } catch { throw .clientSecrets(error) }
    }

    /// The address in the file, or Isogeo's where the file has none.
    ///
    /// - Throws: `OAuthError.endpoint`; an address given by hand rescues the import then.
    package borrowing func tokenEndpoint() throws(OAuthError) -> TokenEndpoint {
        guard let tokenURI else { return .isogeo }
        return try TokenEndpoint(tokenURI)
    }

    private init(reading bytes: consuming SecretBytes) throws(ClientSecretsProblem) {
        let form = try bytes.withBytes { (input: Span<UInt8>) throws(ClientSecretsProblem) in
            try FileForm(of: input)
        }
        let document = try Self.document(bytes, form)
        let reader = ClientSecretsReader(application: try ClientSecretsReader.application(in: document))
        let clientID = try reader.clientID(document)
        let secret = try reader.secret(document)
        let tokenURI = try reader.text(.tokenURI, document)
        try reader.refuseUserApplication(document)
        let metadata = try reader.metadata(document)

        self.clientID = clientID
        self.tokenURI = tokenURI
        self.metadata = metadata
        warnings =
            (form.start > 0 ? [.byteOrderMark] : [])
            + ClientSecretsWarning.about(clientID: clientID, secret: secret, tokenURI: tokenURI)
            + reader.warnings(document)
        self.secret = secret
    }

    private static func document(_ bytes: consuming SecretBytes, _ form: FileForm) throws(ClientSecretsProblem)
        -> StrictJSON
    {
        do { return try StrictJSON(bytes, from: form.start) } catch {
            throw form.isHeadless ? .headCutOff : .notJSON(error)
        }
    }
}

/// What the first bytes tell, before anything is read as JSON.
private struct FileForm {
    /// Where the JSON begins: behind the UTF-8 byte order mark that Windows editors write.
    let start: Int
    /// Whether it begins with a member, as when `{"web": {` was cut off.
    let isHeadless: Bool

    init(of input: Span<UInt8>) throws(ClientSecretsProblem) {
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
        if Self.isSectionOfINI(input, at: first) { throw .iniFile }
    }

    /// `[auth]`: a word in brackets, and the end of the line; an array of JSON holds no bare word but three.
    private static func isSectionOfINI(_ input: Span<UInt8>, at start: Int) -> Bool {
        guard input[start] == UInt8(ascii: "[") else { return false }
        var word: [UInt8] = []
        for index in start + 1..<min(start + 66, max(start + 1, input.count)) {
            if input[index] == UInt8(ascii: "]") {
                return !word.isEmpty && !["true", "false", "null"].contains(String(decoding: word, as: UTF8.self))
            }
            guard isWordCharacter(input[index]) else { return false }
            word.append(input[index])
        }
        return false
    }

    private static func isWordCharacter(_ byte: UInt8) -> Bool {
        switch byte | 0x20 {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): true
        default: byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
        }
    }
}
