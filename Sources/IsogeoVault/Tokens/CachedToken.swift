internal import VaultKeys
internal import VaultOAuth
internal import VaultStore
internal import VaultSystem

/// A cached token for a process that does nothing else: no task, no thread, and nothing of what a request needs.
package enum CachedToken {
    /// The token that `Vault.open()` and `token(for:)` return, if it is cached, and there is nothing else to do, ask or
    /// say for it.
    ///
    /// Nothing is written: not even what a process that died left in the vault is undone. For a process with one
    /// thread, which ends with the token or becomes another program.
    ///
    /// - Parameter name: the application; nil for the default or only one.
    /// - Returns: nil for whatever else there is: an error, a warning, another kind of key, a token to request.
    package static func find(for name: ApplicationName? = nil) -> String? {
        SecretStack.run {
            guard let way, let path else { return nil }
            VaultDatabase.prepareForOneReader()
            let now = SystemClock.secondsSinceEpoch
            let opened = try? UnlockedVault.open(
                path,
                forWriting: false,
                now: now,
                marks: VaultPlace.state(environment: Environment.value),
                patience: .zero,
                way.open
            )
            guard let vault = opened, vault.alteredSlots.isEmpty, vault.isAsMarked,
                let (application, rows) = try? vault.lookUp(
                    name,
                    name == nil ? vault.openedState.defaultApplication : nil
                )
            else { return nil }
            guard let token = vault.cachedToken(of: application, in: rows), token.lifetime.isUsable(at: now) else {
                return nil
            }
            return token.value
        }
    }

    /// The standard place; nil where the password database has to say it, or a variable that could isn't UTF-8.
    private static var path: String? {
        guard Environment.firstNotText(among: VaultPlace.variables) == nil,
            let home = Environment.value(of: "HOME"), FilePath.isAbsolute(home)
        else { return nil }
        return VaultPlace.standard(environment: Environment.value)
    }

    /// What opens a vault without a person, a keyring and a passphrase.
    private enum Way {
        case keyFile(KeyReference)
        case session

        func open(_ locked: LockedSlots) throws(VaultError) -> Unlocked {
            switch self {
            case .keyFile(let file): return try locked.open(by: file.read())
            case .session:
                guard let unlocked = locked.sessions.open() else { throw VaultError(.sessionNotEnough) }
                return unlocked
            }
        }
    }

    /// What the environment names; nil for all but a key file and a session.
    private static var way: Way? {
        // Its value is wiped at once, by the whole program.
        guard !Environment.isSet(PassphraseSource.secretVariable) else { return nil }
        if let file = KeyFileSource.named(byVariables: Environment.value) { return .keyFile(file) }
        guard PassphraseKeySource.named(byVariables: Environment.value) == nil else { return nil }
        guard let folder = Environment.value(of: "CREDENTIALS_DIRECTORY") else { return .session }
        return KeyFileSource.named(inCredentials: folder).map(Way.keyFile)
    }
}

extension UnlockedVault {
    /// Whether the vault is the newest that was seen here, so that nothing is to be refused or noted.
    fileprivate var isAsMarked: Bool {
        guard let mark else { return true }
        guard case .current = mark.finding(openedHeader, openedState, sealer) else { return false }
        return true
    }

    /// The token for a request without scope and parameters.
    fileprivate func cachedToken(of application: StoredApplication, in rows: [TokenRecord]) -> StoredToken? {
        guard let request = try? TokenOptions().request(to: application.metadata.endpoint) else { return nil }
        let id = sealer.tokenID(of: application, request: request.body)
        return rows.first { $0.id == id }.flatMap { try? sealer.token($0, of: application) }
    }
}
