/// Whoever gives out tokens: a `Vault`, or in a test something without one.
///
/// A program that takes `any TokenProviding` where it needs tokens can be tested without vault and network;
/// `IsogeoVaultTesting` has a fake.
public protocol TokenProviding: Sendable {
    /// A token that can be used now.
    ///
    /// - Parameters:
    ///   - name: whose; nil for the default application, or the only one.
    ///   - options: scope, least lifetime, and whether a cached token is passed over.
    /// - Returns: the token.
    /// - Throws: why there is none; a `Vault` throws a `VaultError`.
    func token(for name: ApplicationName?, _ options: TokenOptions) async throws -> AccessToken
}

extension TokenProviding {
    /// A token of the default application, or of the only one.
    public func token() async throws -> AccessToken { try await token(for: nil, TokenOptions()) }

    /// A token of one application.
    public func token(for name: ApplicationName?) async throws -> AccessToken {
        try await token(for: name, TokenOptions())
    }
}

extension Vault: TokenProviding {}
