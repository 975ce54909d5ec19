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
    ///   - reading: the application as it was read; nil accepts whatever state it is in.
    ///   - way: how the credential leaves, for the audit trail, such as `exec --sdk`.
    ///   - unlogged: whether it does even if the audit trail can't record it, with a warning.
    ///   - body: borrows the credential.
    /// - Throws: `noApplication`; `damaged`; `tryAgain` or `inputOutput` if the audit trail can't record it, `usage`
    ///   for a read-only vault; what `body` throws.
    package func handOver(
        _ name: ApplicationName,
        as reading: Application? = nil,
        by way: String,
        unlogged: Bool = false,
        _ body: (borrowing SharedCredential) throws(VaultError) -> Void
    ) async throws(VaultError) {
        try await dependencies.perform { () throws(VaultError) in
            let contents = try contents
            let (application, _) = try contents.application(name)
            // What the program gets besides must be of the same state: its addresses, and its token.
            guard reading == nil || reading?.reading.digest == application.digest else {
                throw VaultError(.applicationChanged(name))
            }
            let credential = SharedCredential(application.metadata, secret: try contents.secret(of: application))
            try record(AuditEvent(.lent, name.description, .route(way)), unlogged: unlogged)
            try body(credential)
        }
    }

    /// Records in the audit trail that a secret leaves the vault, before it does.
    ///
    /// - Parameters:
    ///   - event: what is recorded.
    ///   - unlogged: whether a failure is only a warning.
    /// - Throws: `tryAgain` or `inputOutput` if it can't; `usage` for a read-only vault.
    func record(_ event: AuditEvent, unlogged: Bool) throws(VaultError) {
        do throws(VaultError) {
            try contents.change(Query(), now: dependencies.now()) { (draft) throws(VaultError) in
                draft.events.append(event)
                draft.raisesGeneration = false
            }
        } catch {
            guard unlogged else {
                throw VaultError(isReadOnly ? .unrecordedReadOnly(path: path) : .unrecorded(error.problem))
            }
            dependencies.warn(of: .unrecorded(error))
        }
    }
}

extension Unlocking {
    /// The variables that hold a vault's passphrase itself: `exec` removes them from its program's environment.
    package static let secretVariables: Set<String> = [PassphraseSource.secretVariable]
}
