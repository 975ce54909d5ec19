// What this floor says in English of credentials, their files and their addresses; OAuthError+English.swift has the
// rest.

internal import VaultCrypto
internal import VaultHTTP

extension ClientSecretsProblem: Explained {
    package var sentence: String {
        switch self {
        case .emptyFile: "The file is empty."
        case .foreign(let file): "The file is \(file.phrase)."
        case .tooLarge(let limit): "The file is larger than \(limit) bytes; a client_secrets.json has a few hundred."
        case .utf16: "The file is UTF-16; JSON is UTF-8."
        case .notJSON(let failure) where failure.reason == .nulCharacter:
            "At line \(failure.line), column \(failure.column), a string of the file's JSON contains \\u0000, "
                + "the NUL character, which no text here can have."
        case .notJSON(let failure):
            "The file isn't JSON: at line \(failure.line), column \(failure.column), \(failure.reason.phrase)."
        case .iniFile: "The file is an INI file without the section [auth], from which the SDK reads a credential."
        case .iniLine(let number, let problem): "Line \(number) of the INI file can't be read: \(problem.phrase)."
        case .notAnObject: "The file is JSON, but not an object."
        case .headCutOff: "The file's head is cut off: client_id stands outside of \"web\"."
        case .apiEntity: "The file is an application as Isogeo's API describes it, not a client_secrets.json."
        case .serviceAccount: "The file is the key of a Google service account, not an OAuth client."
        case .authorizedUser: "The file holds a Google user's own credential, not an OAuth client."
        case .noApplication: "The file has neither \"web\" nor \"installed\"."
        case .severalApplications: "The file has both \"web\" and \"installed\"."
        case .userApplication: "The file belongs to a user application, which can't get tokens by itself."
        case .missing(let member): "The file has no \(member.rawValue)."
        case .empty, .wrongType, .tooLong, .character, .placeholder, .notUTF8:
            fault.map { "The file's \($0.member.rawValue) \($0.phrase)." } ?? "The file isn't acceptable."
        }
    }

    package var remedy: String {
        switch self {
        case .foreign(let file): file.remedy
        case .utf16, .notUTF8: "Save it again as UTF-8."
        case .notJSON, .emptyFile, .tooLarge, .notAnObject, .noApplication, .severalApplications:
            "Use the client_secrets.json as Isogeo sent it, unedited."
        case .iniFile, .iniLine: "Use the client_secrets.json that Isogeo sent; the SDK's INI file was made from it."
        case .headCutOff: "Use the file as Isogeo sent it, or put {\"web\": { before it and }} behind it."
        case .apiEntity: "Put its client_id and client_secret into {\"web\": {…}}, or ask Isogeo for the file."
        case .serviceAccount, .authorizedUser: "Use the client_secrets.json of an Isogeo group application."
        case .userApplication: "Ask Isogeo for a group application."
        case .placeholder(_, let placeholder): placeholder.remedy
        case .character(_, let place) where place.character.isUnseen:
            "Remove it, or ask Isogeo for the file again: copying from a page or a mail leaves such characters."
        case .missing, .empty, .wrongType, .tooLong, .character:
            "Ask Isogeo for the file again, and don't edit it."
        }
    }
}

extension ClientSecretsProblem {
    /// The member that is wrong and what it is, to be said behind the name of whatever holds it; nil for the others.
    package var fault: (member: ClientSecretsMember, phrase: String)? {
        switch self {
        case .empty(let member): (member, "is empty")
        case .wrongType(let member): (member, "has the wrong JSON type")
        case .tooLong(let member): (member, "is too long")
        case .character(let member, let place): (member, "contains \(place.words)")
        case .placeholder(let member, let placeholder): (member, placeholder.phrase)
        case .notUTF8(let member): (member, "isn't UTF-8")
        default: nil
        }
    }
}

extension ClientSecretsWarning {
    /// What is odd, in one sentence.
    package var sentence: String {
        switch self {
        case .byteOrderMark: "The file begins with a byte order mark, which was passed over."
        case .iniFile:
            "The file is the INI form that Isogeo's SDK reads, and no client_secrets.json; it was read as that."
        case .redirectURIs: "The file has redirect_uris: if it belongs to a user application, it can't get tokens."
        case .unknownIsogeoType: "The file's isogeo_type isn't \"group\"."
        case .unusualShape(let member): "The \(member.rawValue) doesn't look as Isogeo's do today."
        case .nonASCII(let member): "The \(member.rawValue) contains letters outside of ASCII."
        case .surroundingSpace(let member): "The \(member.rawValue) begins or ends with a space."
        case .quoted(let member):
            "The \(member.rawValue) begins and ends with quotation marks, which are sent as a part of it."
        case .plainHTTP: "The token endpoint is plain http, on this computer."
        case .grantTypeInQuery: "The token endpoint's address repeats grant_type, which some servers refuse."
        case .unusableTokenURI(let problem): problem.sentence
        }
    }
}

extension Placeholder {
    /// What the value is instead, after its name.
    fileprivate var phrase: String {
        switch self {
        case .template: "is a placeholder"
        case .encrypted: "is encrypted still, as by sops"
        case .reference: "is a reference to a secret store, not the value itself"
        case .variable: "is a variable or an expression that nothing has replaced"
        case .mask: "is a mask, as a log or a page shows it instead of the value"
        }
    }

    fileprivate var remedy: String {
        switch self {
        case .template: "Put in what Isogeo sent instead of the template's words."
        case .encrypted: "Decrypt the file first (sops --decrypt FILE)."
        case .reference: "Let the store's own tool put the value in, for instance op inject."
        case .variable: "Let what fills in the template run first, for instance envsubst."
        case .mask: "Put in the value itself, as Isogeo sent it."
        }
    }
}

extension ForeignFile {
    /// What the file is, after "The file is".
    fileprivate var phrase: String {
        switch self {
        case .gitCrypt: "locked by git-crypt"
        case .sops: "encrypted by sops"
        case .ansibleVault: "encrypted by ansible-vault"
        case .age: "encrypted by age"
        case .pgp: "encrypted or signed by PGP"
        case .zip: "a ZIP archive, or an office document, which is one"
        case .gzip: "compressed by gzip"
        case .gitLFS: "a pointer of Git LFS, not the file itself"
        case .mergeConflict: "the two sides of a merge conflict of Git"
        case .pem: "a key or certificate in PEM"
        case .sqlite: "an SQLite database, as a vault is one"
        case .pdf: "a PDF"
        case .rtf: "formatted text (RTF), as a word processor saves it"
        case .html: "an HTML or XML page, such as a log-in page"
        case .zeros: "nothing but NUL bytes: its content was lost"
        case .environmentFile: "a list of variables (NAME=value), as a .env file has them"
        case .yaml: "YAML; a client_secrets.json is JSON"
        }
    }

    fileprivate var remedy: String {
        switch self {
        case .gitCrypt: "Unlock the repository first (git-crypt unlock)."
        case .sops: "Decrypt it first (sops --decrypt FILE)."
        case .ansibleVault: "Decrypt it first (ansible-vault view FILE)."
        case .age: "Decrypt it first (age --decrypt FILE)."
        case .pgp: "Decrypt it first (gpg --decrypt FILE)."
        case .zip, .gzip: "Unpack it first, and import the client_secrets.json."
        case .gitLFS: "Fetch it first (git lfs pull)."
        case .mergeConflict: "Resolve the conflict first."
        case .sqlite: "To use a vault, name it with --vault; import takes a client_secrets.json."
        case .rtf: "Save it as plain text, in UTF-8."
        case .html, .zeros: "Get the client_secrets.json again, and look into it before you import it."
        case .environmentFile:
            "Load it into the environment, and take the credential from there (isogeo-vault import --from-environment)."
        case .pem, .pdf, .yaml: "Use the client_secrets.json as Isogeo sent it."
        }
    }
}

extension INILineProblem {
    /// The reason in words.
    var phrase: String {
        switch self {
        case .noValue: "it is neither a comment nor NAME = VALUE"
        case .continuation: "it is indented, as if the line before went on"
        case .repeatedName: "its name stands there twice"
        case .repeatedSection: "the section [auth] begins a second time"
        }
    }
}

extension StrictJSON.Reason {
    /// The reason in words.
    package var phrase: String {
        switch self {
        case .empty: "there is nothing in it"
        case .cutOff: "it ends too early"
        case .unexpectedCharacter: "this character can't stand here"
        case .trailingComma: "a comma stands before a closing bracket"
        case .comment: "JSON has no comments"
        case .trailingCharacters: "something follows the end of the JSON value"
        case .duplicateKey: "a name stands twice in one object"
        case .tooDeep: "it is nested deeper than \(StrictJSON.depthLimit) levels"
        case .invalidUTF8: "it isn't valid UTF-8"
        case .controlCharacter: "a control character stands in a string unescaped"
        case .invalidEscape: "a backslash begins no escape that JSON knows"
        case .loneSurrogate: "half a surrogate pair stands alone"
        case .nulCharacter: "a string contains the NUL character"
        case .invalidNumber: "this isn't a number as JSON writes it"
        }
    }
}

extension CredentialsProblem: Explained {
    package var sentence: String {
        switch self {
        case .emptyClientID: "The client_id is empty."
        case .emptySecret: "The client secret is empty."
        case .colonInClientID: "The client_id contains a colon, which raw Basic encoding can't carry."
        case .controlCharacterInClientID: "The client_id contains a control character."
        case .controlCharacterInSecret: "The client secret contains a control character."
        }
    }

    package var remedy: String {
        switch self {
        case .colonInClientID: "Import it with --basic-encoding form, if the server follows RFC 6749."
        default: "Ask the credential's issuer for a new client_secrets.json, and don't edit it."
        }
    }
}

extension EndpointProblem: Explained {
    package var sentence: String { sentence(of: .tokenEndpoint) }

    func sentence(of peer: Peer) -> String {
        switch self {
        case .empty: "\(peer.subject)'s address is empty."
        case .tooLong: "\(peer.subject)'s address is longer than \(TokenEndpoint.lengthLimit) bytes."
        case .controlCharacter: "\(peer.subject)'s address contains a control character."
        case .space: "\(peer.subject)'s address contains a space."
        case .nonASCII: "\(peer.subject)'s address contains letters outside of ASCII."
        case .backslash:
            "\(peer.subject)'s address contains a backslash, which readers of addresses take differently."
        case .fragment: "\(peer.subject)'s address contains a fragment (#)."
        case .noneForHost: "\(peer.subject)'s address begins with None: a script wrote it without knowing the host."
        case .hostMissing: "\(peer.subject)'s address names no host."
        case .schemeMissing: "\(peer.subject)'s address doesn't begin with https://."
        case .unknownScheme: "\(peer.subject)'s address is neither https nor http."
        case .plainHTTP: "\(peer.subject) is plain http, which would send \(peer.secret) in clear."
        case .userPart: "\(peer.subject)'s address contains an @ before the path."
        case .invalidHost: "\(peer.subject)'s host is neither a name nor a complete IP address."
        case .invalidPort: "\(peer.subject)'s port isn't a number from 1 to 65535."
        case .doubledSlash: "\(peer.subject)'s path begins with two slashes: a script joined it wrongly."
        case .invalidPath: "\(peer.subject)'s path or query contains what an address can't."
        }
    }

    package var remedy: String {
        switch self {
        case .nonASCII: "Give the host in its ASCII form (xn--…) with --token-uri."
        case .plainHTTP: "Give its https address with --token-uri; plain http is only for this computer itself."
        case .userPart: "Give the address without user and password with --token-uri."
        default: "Give the whole address with --token-uri, for Isogeo \(TokenEndpoint.isogeo.canonicalText)."
        }
    }
}
