package import VaultCrypto
internal import VaultKeys
internal import VaultOAuth

/// A credential in clear, on its way to a program that somebody named for it.
package struct SharedCredential: ~Copyable {
    /// The client's secret.
    package let secret: SecretBytes
    private let metadata: ApplicationMetadata

    fileprivate init(_ metadata: ApplicationMetadata, secret: consuming SecretBytes) {
        self.metadata = metadata
        self.secret = secret
    }

    /// The file that was imported, as far as it is remembered.
    package borrowing func clientSecretsFile() -> SecretBytes { metadata.clientSecrets(secret) }
}

extension Vault {
    /// Lends an application's credential to `body`, which hands it to another program.
    ///
    /// The audit trail tells it first.
    ///
    /// - Parameters:
    ///   - name: whose.
    ///   - way: how it leaves, for the audit trail, such as `exec --sdk`.
    ///   - body: is lent the credential.
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
            // A vault that can't be written gives tokens as well: what is lent must not need more than that.
            do throws(VaultError) { try contents.tellLending(of: name, by: way, now: dependencies.now()) } catch {
                dependencies.warn("The audit trail can't tell of this. \(error.sentence) \(error.remedy)")
            }
            try body(credential)
        }
    }
}

extension Unlocking {
    /// The variables that hold what opens a vault itself, and not where it lies: no other program is given them.
    package static let secretVariables: Set<String> = [PassphraseSource.secretVariable]
}
