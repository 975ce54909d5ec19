/// A token on its way to whoever wanted it.
struct TokenResult: Sendable {
    let token: StoredToken
    let application: ApplicationName
    /// What it is found under in the vault.
    let id: [UInt8]
    let source: AccessToken.Source
    /// Whether it may be given out again.
    var isKept = true
    /// Why there is no newer one, where that was wanted.
    var failure: VaultError?

    init(_ token: StoredToken, of application: ApplicationName, id: [UInt8], _ source: AccessToken.Source) {
        self.token = token
        self.application = application
        self.id = id
        self.source = source
    }
}
