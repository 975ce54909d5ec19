internal import VaultCrypto

/// Finds the application in a `client_secrets.json` and checks what it says, member by member.
struct ClientSecretsReader {
    let application: StrictJSON.Value
    private let isInstalled: Bool

    init(application: (value: StrictJSON.Value, isInstalled: Bool)) {
        self.application = application.value
        isInstalled = application.isInstalled
    }

    /// The object under `web` or `installed`, or what the file is instead.
    static func application(in document: borrowing StrictJSON) throws(ClientSecretsProblem) -> (
        value: StrictJSON.Value, isInstalled: Bool
    ) {
        let root = document.root
        guard document.kind(of: root) == .object else { throw .notAnObject }
        if let type = document.member("type", of: root).flatMap({ document.text($0) }) {
            if type == "service_account" { throw .serviceAccount }
            if type == "authorized_user" { throw .authorizedUser }
        }
        let web = document.member("web", of: root)
        let installed = document.member("installed", of: root)
        guard web == nil || installed == nil else { throw .severalApplications }
        guard let value = web ?? installed else {
            let isFlat =
                document.member("client_id", of: root) != nil || document.member("client_secret", of: root) != nil
            guard isFlat else { throw .noApplication }
            throw document.member("_id", of: root) == nil ? .headCutOff : .apiEntity
        }
        guard document.kind(of: value) == .object else { throw .wrongType(web == nil ? .installed : .web) }
        return (value, web == nil)
    }

    // MARK: - Members

    func clientID(_ document: borrowing StrictJSON) throws(ClientSecretsProblem) -> String {
        guard let text = try text(.clientID, document, limit: 1024) else { throw .missing(.clientID) }
        guard !text.isEmpty else { throw .empty(.clientID) }
        // It is shown to people: nothing may turn the line round or hide.
        guard text.unicodeScalars.allSatisfy({ !$0.isInvisible }) else { throw .controlCharacter(.clientID) }
        guard !Placeholder.isOne(Array(text.utf8).span) else { throw .placeholder(.clientID) }
        return text
    }

    func secret(_ document: borrowing StrictJSON) throws(ClientSecretsProblem) -> SecretBytes {
        guard let member = document.member("client_secret", of: application), document.kind(of: member) != .null else {
            throw .missing(.clientSecret)
        }
        guard let secret = document.secret(member) else { throw .wrongType(.clientSecret) }
        guard secret.count > 0 else { throw .empty(.clientSecret) }
        guard secret.count <= 4096 else { throw .tooLong(.clientSecret) }
        guard secret.withBytes({ !$0.containsControlCharacter }) else { throw .controlCharacter(.clientSecret) }
        guard secret.withBytes({ !Placeholder.isOne($0) }) else { throw .placeholder(.clientSecret) }
        return secret
    }

    /// A member that isn't secret; nil where it is missing or null.
    func text(_ name: ClientSecretsMember, _ document: borrowing StrictJSON, limit: Int = 2048)
        throws(ClientSecretsProblem) -> String?
    {
        guard let member = document.member(name.rawValue, of: application), document.kind(of: member) != .null else {
            return nil
        }
        guard let text = document.text(member) else { throw .wrongType(name) }
        guard text.utf8.count <= limit else { throw .tooLong(name) }
        // The endpoint has its own words for this, and an address given by hand in its place.
        guard name == .tokenURI || !Array(text.utf8).span.containsControlCharacter else {
            throw .controlCharacter(name)
        }
        return text
    }

    /// An array of strings, or one string with spaces between them.
    func scopes(_ document: borrowing StrictJSON) throws(ClientSecretsProblem) -> [String] {
        guard let member = document.member("scopes", of: application) else { return [] }
        switch document.kind(of: member) {
        case .null: return []
        case .string: return (document.text(member) ?? "").split(separator: " ").map(String.init)
        case .array: break
        default: throw .wrongType(.scopes)
        }
        var scopes: [String] = []
        for element in document.elements(of: member) {
            guard let scope = document.text(element) else { throw .wrongType(.scopes) }
            guard !Array(scope.utf8).span.containsControlCharacter else { throw .controlCharacter(.scopes) }
            scopes.append(scope)
        }
        return scopes
    }

    func metadata(_ document: borrowing StrictJSON) throws(ClientSecretsProblem) -> ClientSecretsFile.Metadata {
        ClientSecretsFile.Metadata(
            authURI: try text(.authURI, document),
            scopes: try scopes(document),
            kind: try text(.kind, document),
            isogeoType: try text(.isogeoType, document),
            projectID: try text(.projectID, document)
        )
    }

    // MARK: - Kind of application

    /// A user application can't ask for tokens by itself.
    ///
    /// `isogeo_type` says what it is; without it, `installed` is only ever a user application's, while `web` stands in
    /// the files of both.
    func refuseUserApplication(_ document: borrowing StrictJSON) throws(ClientSecretsProblem) {
        let type = try text(.isogeoType, document)
        if type == "user" || (type == nil && isInstalled) { throw .userApplication }
    }

    func warnings(_ document: borrowing StrictJSON) -> [ClientSecretsWarning] {
        let type = document.member("isogeo_type", of: application).flatMap({ document.text($0) })
        guard let type else {
            let redirects = document.member("redirect_uris", of: application)
            return redirects.map { document.elements(of: $0).isEmpty } == false ? [.redirectURIs] : []
        }
        return type == "group" ? [] : [.unknownIsogeoType]
    }
}

/// What stands in a template where the credential belongs.
private enum Placeholder {
    private static let texts = [
        "{client_id}", "{client_secret}", "<client_id>", "<client_secret>", "your_client_id", "your_client_secret",
        "your-client-id", "your-client-secret",
    ].map { Array($0.utf8) }

    static func isOne(_ bytes: Span<UInt8>) -> Bool {
        let bracket = (open: UInt8(ascii: "["), close: UInt8(ascii: "]"))
        if bytes.count >= 4, bytes[0] == bracket.open, bytes[1] == bracket.open,
            bytes[bytes.count - 1] == bracket.close, bytes[bytes.count - 2] == bracket.close
        {
            return true
        }
        return texts.contains { text in
            text.count == bytes.count && text.indices.allSatisfy { text[$0] == asciiLowercased(bytes[$0]) }
        }
    }

    private static func asciiLowercased(_ byte: UInt8) -> UInt8 {
        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
    }
}

extension Unicode.Scalar {
    /// Control characters, and what changes a line without being seen (direction marks, zero widths, line separators).
    var isInvisible: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
