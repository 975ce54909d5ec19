package import VaultCrypto

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
    /// Another kind of file.
    case foreign(ForeignFile)
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
    /// A character that the member can't have: one that can't be seen, or none of those that its RFC lists.
    case character(ClientSecretsMember, CharacterPlace)
    case placeholder(ClientSecretsMember, Placeholder)
    /// Where it comes from something else than JSON.
    case notUTF8(ClientSecretsMember)
}
