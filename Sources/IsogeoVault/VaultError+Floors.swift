internal import VaultCrypto
internal import VaultHTTP
package import VaultKeys
package import VaultOAuth
package import VaultStore
internal import VaultSystem

// Each floor explains its own failures; here they get the code that the world sees.

extension VaultError {
    package init(_ error: KeyError) { self.init(VaultProblem.keys(error)) }

    package init(_ error: StoreError) { self.init(VaultProblem.store(error)) }

    package init(_ error: OAuthError) { self.init(VaultProblem.oauth(error)) }

    /// A failed request: whose it was and where it went are kept with it.
    init(_ error: OAuthError, asking metadata: ApplicationMetadata) {
        if case .parameters = error {
            self.init(error)
        } else {
            self.init(.tokenRequest(error, application: metadata.name, endpoint: metadata.endpoint.origin))
        }
    }

    /// Whether the key that was named isn't one of the vault's, or isn't there, so that it could be added.
    package var meansAnotherKey: Bool {
        guard case .keys(let error)? = problem as? VaultProblem else { return false }
        return switch error {
        case .doesNotFit, .noSlot, .unreadable(_, .noEntry): true
        default: false
        }
    }

    /// The vault was closed by the program itself.
    static let closed = VaultError(VaultProblem.closed)

    /// The task that waited for a token was cancelled; other tasks that wait for the same token still get it.
    static let cancelled = VaultError(VaultProblem.cancelled)

    /// Something inside the vault's own boxes isn't as it was written.
    static func damaged(_ damage: VaultProblem.Damage) -> VaultError { VaultError(VaultProblem.damaged(damage)) }
}

extension KeyError {
    var code: VaultError.Code {
        switch self {
        // Whatever was to be read or written: this computer has to be changed, or its disk looked at.
        case .unreadable(_, let errno) where errno.remedy != nil,
            .badDescriptor(_, let errno) where errno.remedy != nil,
            .cannotWrite(_, let errno) where errno.remedy != nil,
            .commandDidNotStart(let errno) where errno.remedy != nil:
            errno.limit == nil ? .inputOutput : .configuration
        case .cannotWrite(_, .wouldBlock): .tryAgain
        case .unsafeFile, .notEnoughMemory: .configuration
        case .costRefused, .damagedSlot: .damaged
        case .cannotWrite, .notReadBack: .inputOutput
        case .kernelKeyring: .unavailable
        case .untypeablePassphrase: .usage
        case .doesNotFit, .noSlot, .unreadable, .notAKeyFile, .emptyPassphrase, .passphraseTooLong, .timedOut,
            .silentInput, .badDescriptor, .commandFailed, .commandDidNotStart, .recoveryCodeDamaged,
            .recoveryCodeIncomplete, .recoveryCodeNotAlphabet:
            .locked
        case .keyring(.plainText), .keyring(.fileUnseen), .keyring(.unknownKeeper), .keyring(.limit),
            .keyring(.busAddress), .keyring(.foreignBus), .keyring(.foreignService):
            .configuration
        case .keyring(let problem): problem.isLocked ? .locked : .unavailable
        }
    }

    var cause: FailureCause? {
        switch self {
        case .unreadable(_, let errno), .cannotWrite(_, let errno), .badDescriptor(_, let errno),
            .commandDidNotStart(let errno), .kernelKeyring(let errno):
            FailureCause(errno: errno)
        default: nil
        }
    }
}

extension StoreError {
    var code: VaultError.Code {
        switch category {
        case .noVault: .noVault
        case .damaged: .damaged
        case .exists: .exists
        case .inputOutput: .inputOutput
        case .tryAgain: .tryAgain
        case .configuration: .configuration
        case .internal: .internalError
        }
    }

    var cause: FailureCause? {
        switch self {
        case .io(_, _, let errno): FailureCause(errno: errno)
        case .sqlite(_, _, let errno, let code): FailureCause(errno: errno, sqlite: code)
        case .leasesUnavailable(_, let errno): FailureCause(errno: errno)
        case .noLocks: FailureCause(errno: .noLocks)
        default: nil
        }
    }
}

extension OAuthError {
    var code: VaultError.Code {
        switch category {
        case .file: .inputNotAcceptable
        case .usage: .usage
        case .refused: .credentialRefused
        case .unavailable: .tryAgain
        case .unacceptableAnswer: .unexpectedAnswer
        case .configuration: .configuration
        }
    }

    var cause: FailureCause? {
        if case .configuration(.caFileUnreadable(_, let errno)) = self { return FailureCause(errno: errno) }
        let cause = curlCause
        return FailureCause(errno: cause.errno, curl: cause.code, certificate: cause.certificate)
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

func mappingErrors<Result: ~Copyable>(_ body: () throws(HTTPError) -> Result) throws(VaultError) -> Result {
    do { return try body() } catch { throw VaultError(OAuthError(error)) }
}
