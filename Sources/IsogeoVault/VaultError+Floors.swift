internal import VaultCrypto
package import VaultKeys
package import VaultOAuth
package import VaultStore

// Each floor explains its own failures; here they get the code that the world sees.

extension VaultError {
    package init(_ error: KeyError) {
        let code: Code =
            switch error {
            case .unsafeFile, .notEnoughMemory: .configuration
            case .costRefused, .damagedSlot: .damaged
            case .cannotWrite, .notReadBack: .inputOutput
            case .kernelKeyring: .unavailable
            case .doesNotFit, .noSlot, .unreadable, .notAKeyFile, .emptyPassphrase, .passphraseTooLong, .timedOut,
                .badDescriptor, .commandFailed, .commandDidNotStart, .recoveryCodeDamaged, .recoveryCodeIncomplete,
                .recoveryCodeNotAlphabet:
                .locked
            case .keyring(.plainText), .keyring(.fileUnseen): .configuration
            case .keyring(let problem): problem.isLocked ? .locked : .unavailable
            }
        self.init(code, error.sentence, remedy: error.remedy)
    }

    package init(_ error: StoreError) {
        let code: Code =
            switch error.category {
            case .noVault: .noVault
            case .damaged: .damaged
            case .exists: .exists
            case .inputOutput: .inputOutput
            case .tryAgain: .tryAgain
            case .configuration: .configuration
            case .internal: .internalError
            }
        self.init(code, error.sentence, remedy: error.remedy)
    }

    package init(_ error: OAuthError) {
        let code: Code =
            switch error.category {
            case .file: .inputNotAcceptable
            case .usage: .usage
            case .refused: .credentialRefused
            case .unavailable: .tryAgain
            case .unacceptableAnswer: .unexpectedAnswer
            case .configuration: .configuration
            }
        self.init(code, error.sentence, remedy: error.remedy)
    }

    /// The vault was closed by the program itself.
    static let closed = VaultError(.locked, "The vault was closed.", remedy: "Open it again.")

    /// The task that waited for a token was cancelled; whoever else waits gets it all the same.
    static let cancelled = VaultError(.cancelled, "The waiting was cancelled.", remedy: "Ask again if it is needed.")

    /// Something inside the vault's own boxes isn't as it was written.
    static func damaged(_ what: String) -> VaultError {
        VaultError(.damaged, "The vault is damaged: \(what).", remedy: "Restore a backup; trying again doesn't help.")
    }
}

extension VaultError {
    /// A failed request: whose it was and where it went stand before what happened.
    ///
    /// The mail of a cron job is often all that there is to read.
    init(_ error: OAuthError, asking metadata: ApplicationMetadata) {
        let failure = VaultError(error)
        guard case .parameters = error else {
            self.init(failure.code, error.sentence(asking: metadata), remedy: failure.remedy)
            return
        }
        self = failure
    }
}

extension OAuthError {
    /// What happened, behind the application and the endpoint's scheme, host and port.
    func sentence(asking metadata: ApplicationMetadata) -> String {
        "\(metadata.name) at \(metadata.endpoint.origin): \(sentence)"
    }
}

/// Runs `body` and gives its error the code that the world sees.
func mappingErrors<Result: ~Copyable>(_ body: () throws(StoreError) -> Result) throws(VaultError) -> Result {
    do { return try body() } catch { throw VaultError(error) }
}

func mappingErrors<Result: ~Copyable>(_ body: () throws(KeyError) -> Result) throws(VaultError) -> Result {
    do { return try body() } catch { throw VaultError(error) }
}

func mappingErrors<Result: ~Copyable>(_ body: () throws(OAuthError) -> Result) throws(VaultError) -> Result {
    do { return try body() } catch { throw VaultError(error) }
}
