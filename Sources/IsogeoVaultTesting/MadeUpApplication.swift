public import IsogeoVault

/// A group application that no server knows, for a `TemporaryVault`.
///
/// Its secret is ordinary text: never put a real one here.
public struct MadeUpApplication: Sendable {
    /// Its name in the vault.
    public var name: ApplicationName
    /// Any text without `:` and control characters.
    public var clientID: String
    /// Any text without control characters.
    public var clientSecret: String

    /// An application with a name, an id and a made-up secret.
    public init(
        name: ApplicationName = "test",
        clientID: String = "made-up-client",
        clientSecret: String = "made-up-secret-0123456789"
    ) {
        self.name = name
        self.clientID = clientID
        self.clientSecret = clientSecret
    }

    /// Its `client_secrets.json`, as Isogeo would hand it over.
    func clientSecrets(tokenURI: String) -> String {
        """
        {"web": {"client_id": \(quoted(clientID)), "client_secret": \(quoted(clientSecret)), \
        "token_uri": \(quoted(tokenURI))}}
        """
    }
}

/// A JSON string (RFC 8259 §7); control characters stay, and the import refuses them.
func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
}

extension ApplicationName: ExpressibleByStringLiteral {
    /// A name in a test's source; an invalid one traps.
    public init(stringLiteral text: String) {
        guard let name = ApplicationName(text) else { preconditionFailure("\(text.debugDescription) is no name") }
        self = name
    }
}
