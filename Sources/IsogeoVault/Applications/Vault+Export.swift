internal import VaultCrypto
internal import VaultHTTP
internal import VaultOAuth
internal import VaultStore

extension Vault {
    /// Writes an application's credential, its secret in clear, to a new `client_secrets.json`.
    ///
    /// The audit trail records it before the first byte is written. Such a file has no member for the encoding of the
    /// Basic header, the CA file, the proxy and the API.
    ///
    /// - Parameters:
    ///   - name: the application.
    ///   - path: a new file; it gets mode 0600.
    ///   - unlogged: whether it is written even if the audit trail can't record it, with a warning.
    /// - Throws: `noApplication`; `exists`; `damaged`; `inputOutput`; `tryAgain` if the audit trail can't record it,
    ///   `usage` for a read-only vault. Then there is no file.
    public func export(_ name: ApplicationName, to path: String, unlogged: Bool = false) async throws(VaultError) {
        try await dependencies.perform { () throws(VaultError) in
            let (application, _) = try contents.application(name)
            let content = application.metadata.clientSecrets(try contents.secret(of: application))
            try content.withBytes { (bytes) throws(VaultError) in
                // The event is recorded once the path proves writable.
                try PlaintextFile.make(path, bytes) { () throws(VaultError) in
                    try record(AuditEvent(.exported, name.description), unlogged: unlogged)
                }
            }
            warnOfLosses(application.metadata)
        }
    }

    private func warnOfLosses(_ metadata: ApplicationMetadata) {
        let options =
            (metadata.encoding == .raw ? [] : ["--basic-encoding \(metadata.encoding.rawValue)"])
            + (metadata.caFile.map { ["--ca-file \($0)"] } ?? [])
            + (metadata.proxy.map { ["--proxy \($0.text)"] } ?? [])
            + (metadata.apiBase.map { ["--api-base \($0.text)"] } ?? [])
        guard !options.isEmpty else { return }
        dependencies.warn(of: .exportIncomplete(options: options))
    }
}

extension ApplicationMetadata {
    /// The imported file, as far as its members are stored.
    func clientSecrets(_ secret: borrowing SecretBytes) -> SecretBytes {
        ClientSecretsWriter(
            clientID: clientID,
            tokenURI: endpoint.canonicalText,
            metadata: .init(authURI: authURI, scopes: scopes, kind: kind, isogeoType: isogeoType)
        ).json(secret: secret)
    }
}
