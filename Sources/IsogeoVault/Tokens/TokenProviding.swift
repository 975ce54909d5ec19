/// A source of tokens: a `Vault`, or a fake in a test.
///
/// A program that takes `any TokenProviding` can be tested without a vault or a network; `IsogeoVaultTesting` has a
/// fake.
public protocol TokenProviding: Sendable {
    /// A token that can be used now.
    ///
    /// - Parameters:
    ///   - name: the application; nil for the default or only one.
    ///   - options: scope, minimum lifetime, and whether to bypass the cache.
    /// - Returns: the token.
    /// - Throws: why there is none; a `Vault` throws a `VaultError`.
    func token(for name: ApplicationName?, _ options: TokenOptions) async throws -> AccessToken
}

extension TokenProviding {
    /// A token of the default or only application.
    public func token() async throws -> AccessToken { try await token(for: nil, TokenOptions()) }

    /// A token of one application.
    public func token(for name: ApplicationName?) async throws -> AccessToken {
        try await token(for: name, TokenOptions())
    }
}

extension Vault: TokenProviding {}
