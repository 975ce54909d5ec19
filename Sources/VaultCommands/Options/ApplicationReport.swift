internal import IsogeoVault

/// An application as JSON.
struct ApplicationReport: Encodable {
    let name: String
    let client_id: String
    let token_uri: String
    let basic_encoding: String
    let ca_file: String?
    let proxy: String?
    let api_base: String?
    let scopes: [String]
    let created: String
    let created_epoch: Int64
    let secret_written: String
    let secret_written_epoch: Int64
    let tokens_expire: [String]
    let tokens_expire_epoch: [Int64]

    init(_ application: Application) {
        name = application.name.description
        client_id = application.clientID
        token_uri = application.tokenURI
        basic_encoding = application.basicEncoding.rawValue
        ca_file = application.caFile
        proxy = application.proxy
        api_base = application.apiBase
        scopes = application.scopes
        created = application.created.rfc3339
        created_epoch = application.created.epochSeconds
        secret_written = application.credentialWritten.rfc3339
        secret_written_epoch = application.credentialWritten.epochSeconds
        tokens_expire = application.tokensExpire.map(\.rfc3339)
        tokens_expire_epoch = application.tokensExpire.map(\.epochSeconds)
    }
}
