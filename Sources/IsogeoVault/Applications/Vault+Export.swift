internal import VaultCrypto
internal import VaultOAuth

extension Vault {
    /// Writes an application's credential, its secret in clear, to a new `client_secrets.json`.
    ///
    /// The audit trail tells it before the first byte is written. How the Basic header is written and the CA file have no
    /// place in such a file.
    ///
    /// - Parameters:
    ///   - name: whose.
    ///   - path: a place where nothing lies yet; the file gets mode 0600.
    /// - Throws: `noApplication`; `exists`; `damaged`; `inputOutput`, and then there is no file.
    public func export(_ name: ApplicationName, to path: String) async throws(VaultError) {
        try await dependencies.perform { () throws(VaultError) in
            let (application, _) = try contents.application(name)
            let content = application.metadata.clientSecrets(try contents.secret(of: application))
            try content.withBytes { (bytes) throws(VaultError) in
                // A path that can't be written is no export, and none is told.
                try PlaintextFile.make(path, bytes) { tellExport(of: name) }
            }
            warnOfLosses(application.metadata)
        }
    }

    // A vault on a disk that has become read-only is one more reason to get the secret out.
    private func tellExport(of name: ApplicationName) {
        do { try contents.tellExport(of: name, now: dependencies.now()) } catch {
            dependencies.warn("The audit trail can't tell of this export. \(error.sentence) \(error.remedy)")
        }
    }

    private func warnOfLosses(_ metadata: ApplicationMetadata) {
        let options =
            (metadata.encoding == .raw ? [] : ["--basic-encoding \(metadata.encoding.rawValue)"])
            + (metadata.caFile.map { ["--ca-file \($0)"] } ?? [])
            + (metadata.proxy.map { ["--proxy \($0.text)"] } ?? [])
            + (metadata.apiBase.map { ["--api-base \($0.text)"] } ?? [])
        guard !options.isEmpty else { return }
        dependencies.warn("A client_secrets.json can't say all: import it with \(options.joined(separator: " ")).")
    }
}

extension ApplicationMetadata {
    /// The file that was imported, as far as it is remembered.
    func clientSecrets(_ secret: borrowing SecretBytes) -> SecretBytes {
        ClientSecretsWriter(
            clientID: clientID,
            tokenURI: endpoint.canonicalText,
            metadata: .init(authURI: authURI, scopes: scopes, kind: kind, isogeoType: isogeoType)
        ).json(secret: secret)
    }
}
