package import VaultCrypto
internal import VaultKeys
internal import VaultOAuth
internal import VaultStore

/// A credential in clear, for another program.
package struct SharedCredential: ~Copyable {
    /// The client's secret.
    package let secret: SecretBytes
    private let metadata: ApplicationMetadata

    fileprivate init(_ metadata: ApplicationMetadata, secret: consuming SecretBytes) {
        self.metadata = metadata
        self.secret = secret
    }

    /// The imported file, as far as its members are stored.
    package borrowing func clientSecretsFile() -> SecretBytes { metadata.clientSecrets(secret) }
}

extension Vault {
    /// Calls `body`, which hands an application's credential to another program.
    ///
    /// The audit trail records it first.
    ///
    /// - Parameters:
    ///   - name: the application.
    ///   - way: how the credential leaves, for the audit trail, such as `exec --sdk`.
    ///   - body: borrows the credential.
    /// - Throws: `noApplication`; `damaged`; what `body` throws.
    package func handOver(
        _ name: ApplicationName,
        by way: String,
        _ body: (borrowing SharedCredential) throws(VaultError) -> Void
    ) async throws(VaultError) {
        try await dependencies.perform { () throws(VaultError) in
            let contents = try contents
            let (application, _) = try contents.application(name)
            let credential = SharedCredential(application.metadata, secret: try contents.secret(of: application))
            // A read-only vault gives tokens, so it gives credentials too: failing to record it is only a warning.
            do throws(VaultError) { try contents.recordHandOver(of: name, by: way, now: dependencies.now()) } catch {
                dependencies.warn(of: .unrecordedHandOver(error))
            }
            try body(credential)
        }
    }
}

extension UnlockedVault {
    /// Records in the audit trail that another program gets a secret, before it does.
    fileprivate func recordHandOver(of name: ApplicationName, by way: String, now: Int64) throws(VaultError) {
        try change(Query(), now: now) { (draft) throws(VaultError) in
            draft.events.append(AuditEvent(.lent, name.description, .route(way)))
            draft.raisesGeneration = false
        }
    }
}

extension Unlocking {
    /// The variables that hold a vault's passphrase itself: `exec` removes them from its program's environment.
    package static let secretVariables: Set<String> = [PassphraseSource.secretVariable]
}
