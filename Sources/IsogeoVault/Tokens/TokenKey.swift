/// Which token is wanted, of all that a vault may give out.
///
/// Equal wishes are served by one token, as long as nothing changes in the vault.
struct TokenKey: Hashable, Sendable {
    /// Nil for the default application, whichever that is now.
    let name: ApplicationName?
    let scope: String?
    let parameters: [TokenOptions.Parameter]

    init(_ name: ApplicationName?, _ options: TokenOptions) {
        self.name = name
        scope = options.scope
        parameters = options.parameters
    }
}
