/// The members of a `client_secrets.json` that messages name.
package enum ClientSecretsMember: String, Sendable, CaseIterable {
    case web, installed, kind, scopes
    case clientID = "client_id"
    case clientSecret = "client_secret"
    case authURI = "auth_uri"
    case tokenURI = "token_uri"
    case isogeoType = "isogeo_type"
    case projectID = "project_id"
    case redirectURIs = "redirect_uris"
}

/// Why a file isn't an acceptable `client_secrets.json`, and what it is instead.
package enum ClientSecretsProblem: Error, Equatable, Sendable {
    case emptyFile
    case tooLarge(limit: Int)
    case utf16
    case notJSON(StrictJSON.Failure)
    /// An INI file, but not the SDK's: it has no section `[auth]`.
    case iniFile
    /// The SDK's INI file, with a line that can't be understood, by its number.
    case iniLine(Int, INILineProblem)
    case notAnObject
    /// `client_id` stands at the top, without `{"web": {` before it.
    case headCutOff
    /// What Isogeo's API answers about an application: flat, with `_id`.
    case apiEntity
    case serviceAccount
    case authorizedUser
    case noApplication
    case severalApplications
    case userApplication
    case missing(ClientSecretsMember)
    case empty(ClientSecretsMember)
    case wrongType(ClientSecretsMember)
    case tooLong(ClientSecretsMember)
    case controlCharacter(ClientSecretsMember)
    case placeholder(ClientSecretsMember)
    /// Where it comes from something else than JSON.
    case notUTF8(ClientSecretsMember)
}

extension ClientSecretsProblem {
    /// The member that is wrong and what it is, to be said behind the name of whatever holds it; nil for the others.
    package var fault: (member: ClientSecretsMember, phrase: String)? {
        switch self {
        case .empty(let member): (member, "is empty")
        case .wrongType(let member): (member, "has the wrong JSON type")
        case .tooLong(let member): (member, "is too long")
        case .controlCharacter(let member): (member, "contains a control character")
        case .placeholder(let member): (member, "is a placeholder")
        case .notUTF8(let member): (member, "isn't UTF-8")
        default: nil
        }
    }
}

extension ClientSecretsProblem: Explained {
    package var sentence: String {
        switch self {
        case .emptyFile: "The file is empty."
        case .tooLarge(let limit): "The file is larger than \(limit) bytes; a client_secrets.json has a few hundred."
        case .utf16: "The file is UTF-16; JSON is UTF-8."
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
        case .empty, .wrongType, .tooLong, .controlCharacter, .placeholder, .notUTF8:
            fault.map { "The file's \($0.member.rawValue) \($0.phrase)." } ?? "The file isn't acceptable."
        }
    }

    package var remedy: String {
        switch self {
        case .utf16, .notUTF8: "Save it again as UTF-8."
        case .notJSON, .emptyFile, .tooLarge, .notAnObject, .noApplication, .severalApplications:
            "Use the client_secrets.json as Isogeo sent it, unedited."
        case .iniFile, .iniLine: "Use the client_secrets.json that Isogeo sent; the SDK's INI file was made from it."
        case .headCutOff: "Use the file as Isogeo sent it, or put {\"web\": { before it and }} behind it."
        case .apiEntity: "Put its client_id and client_secret into {\"web\": {…}}, or ask Isogeo for the file."
        case .serviceAccount, .authorizedUser: "Use the client_secrets.json of an Isogeo group application."
        case .userApplication: "Ask Isogeo for a group application."
        case .placeholder: "Put in what Isogeo sent instead of the template's words."
        case .missing, .empty, .wrongType, .tooLong, .controlCharacter:
            "Ask Isogeo for the file again, and don't edit it."
        }
    }
}
