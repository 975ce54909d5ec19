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
            guard isFlat else {
                throw document.member("sops", of: root) == nil ? .noApplication : .foreign(.sops)
            }
            throw document.member("_id", of: root) == nil ? .headCutOff : .apiEntity
        }
        guard document.kind(of: value) == .object else { throw .wrongType(web == nil ? .installed : .web) }
        return (value, web == nil)
    }

    // MARK: - Members

    func clientID(_ document: borrowing StrictJSON) throws(ClientSecretsProblem) -> String {
        guard let text = try text(.clientID, document, limit: 1024) else { throw .missing(.clientID) }
        guard !text.isEmpty else { throw .empty(.clientID) }
        // A reference to a store begins with a scheme; so may an id that is an address.
        if let placeholder = Placeholder(Array(text.utf8).span), placeholder != .reference {
            throw .placeholder(.clientID, placeholder)
        }
        return text
    }

    func secret(_ document: borrowing StrictJSON) throws(ClientSecretsProblem) -> SecretBytes {
        guard let member = document.member("client_secret", of: application), document.kind(of: member) != .null else {
            throw .missing(.clientSecret)
        }
        guard let secret = document.secret(member) else { throw .wrongType(.clientSecret) }
        guard secret.count > 0 else { throw .empty(.clientSecret) }
        guard secret.count <= 4096 else { throw .tooLong(.clientSecret) }
        try secret.withBytes { (bytes: Span<UInt8>) throws(ClientSecretsProblem) in
            try bytes.checkCharacters(.clientSecret)
            if let placeholder = Placeholder(bytes) { throw .placeholder(.clientSecret, placeholder) }
        }
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
        try Array(text.utf8).span.checkCharacters(name)
        return text
    }

    /// An array of strings, or one string; in both, spaces separate scopes (RFC 6749 §3.3).
    func scopes(_ document: borrowing StrictJSON) throws(ClientSecretsProblem) -> [String] {
        guard let member = document.member("scopes", of: application) else { return [] }
        switch document.kind(of: member) {
        case .null: return []
        case .string, .array: break
        default: throw .wrongType(.scopes)
        }
        let texts = document.kind(of: member) == .string ? [member] : document.elements(of: member)
        var scopes: [String] = []
        for element in texts {
            guard let text = document.text(element) else { throw .wrongType(.scopes) }
            try Array(text.utf8).span.checkCharacters(.scopes)
            scopes += text.split(separator: " ").map(String.init)
        }
        guard scopes.reduce(0, { $0 + $1.utf8.count + 1 }) <= 4096 else { throw .tooLong(.scopes) }
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

extension ClientSecretsMember {
    /// Whether this member can't have the character, whatever the JSON type that holds it.
    ///
    /// RFC 6749 gives scopes the characters %x21 / %x23-5B / %x5D-7E, and %x20-7E to id and secret (appendix A). Of
    /// these two, servers take others too; the credential's own warnings name letters outside of ASCII.
    fileprivate func refuses(_ character: Unicode.Scalar) -> Bool {
        switch self {
        case .clientID, .clientSecret: character.isUnseen
        case .scopes: !(" "..."~" ~= character) || character == "\"" || character == "\\"
        // The endpoint has its own words for this, and an address given by hand in its place.
        case .tokenURI: false
        default: !(" "..."~" ~= character)
        }
    }
}

extension Span<UInt8> {
    fileprivate func checkCharacters(_ member: ClientSecretsMember) throws(ClientSecretsProblem) {
        if let place = firstCharacter(where: { member.refuses($0) }) { throw .character(member, place) }
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
