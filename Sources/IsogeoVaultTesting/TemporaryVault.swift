public import IsogeoVault
public import Logging

/// A real vault in a folder of its own, which is removed when the value is deinitialized.
///
/// A key file in the same folder opens it: that takes no time, and protects nothing. Keep the value as long as you use
/// the vault, which it closes at its end.
public final class TemporaryVault: Sendable {
    /// The vault, open.
    public let vault: Vault
    /// The path of the vault.
    public var path: String { vault.path }
    /// What opens it.
    public var unlocking: Unlocking { .keyFile(folder("vault.key")) }

    private let folder: PrivateDirectory

    /// Makes a vault.
    ///
    /// - Parameters:
    ///   - application: its first application.
    ///   - others: its other applications.
    ///   - tokenURI: the token endpoint, such as `LoopbackTokenServer.url`.
    ///   - transport: sends the requests in libcurl's place.
    ///   - logger: logs what happens.
    /// - Throws: `TestingError`, or the `VaultError` of an application that no vault takes.
    public init(
        _ application: MadeUpApplication = MadeUpApplication(),
        _ others: MadeUpApplication...,
        tokenURI: String,
        transport: (any TokenEndpointTransport)? = nil,
        logger: Logger? = nil
    ) async throws {
        folder = try PrivateDirectory()
        vault = try await Vault.create(
            at: folder("vault.db"),
            protectedBy: .keyFile(folder("vault.key")),
            importing: try Self.new(application, tokenURI, folder),
            dependencies: VaultDependencies.forgetful(transport: transport, logger: logger)
        )
        for application in others { try await vault.add(try Self.new(application, tokenURI, folder)) }
    }

    // Before the folder is removed.
    deinit { vault.close() }

    /// An application to add to the vault, or to rotate to.
    ///
    /// - Throws: `TestingError`, or the `VaultError` of an application that no vault takes.
    public func newApplication(_ application: MadeUpApplication, tokenURI: String) throws -> NewApplication {
        try Self.new(application, tokenURI, folder)
    }

    private static func new(
        _ application: MadeUpApplication,
        _ tokenURI: String,
        _ folder: PrivateDirectory
    ) throws -> NewApplication {
        // Random, as several tasks may make one at once.
        let file = "client_secrets-\(UInt64.random(in: 0 ... .max)).json"
        try folder.write(application.clientSecrets(tokenURI: tokenURI), to: file)
        defer { folder.remove(file) }
        var options = NewApplication.Options()
        options.name = application.name
        return try NewApplication(clientSecrets: folder(file), options)
    }
}
