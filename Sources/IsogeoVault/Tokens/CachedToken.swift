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
    /// - Parameters:
    ///   - name: the application; nil for the default or only one.
    ///   - path: the vault; nil for the standard place.
    ///   - keyFile: what opens it; nil for what the environment names.
    ///   - minimum: seconds that the token must still live.
    /// - Returns: nil for whatever else there is: an error, a warning, another kind of key, a token to request.
    package static func find(
        for name: ApplicationName? = nil,
        in path: String? = nil,
        openedBy keyFile: String? = nil,
        minimum: Int = 0
    ) -> String? {
        SecretStack.run {
            // The value of a passphrase in the environment is wiped at once, by the whole program.
            guard !Environment.isSet(PassphraseSource.secretVariable), hasHome,
                let way = keyFile.map({ .keyFile(.keyFile($0, .own)) }) ?? way,
                let path = path ?? standardPath
            else { return nil }
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
            guard let vault = opened, vault.alteredSlots.isEmpty, vault.isAsMarked else { return nil }
            let preset = name == nil ? vault.openedState.defaultApplication : nil
            // Without a name or a default only a single application is meant; format 1 doesn't say how many there are.
            guard name != nil || preset != nil || vault.openedState.applications.count ?? 2 <= 1,
                let (application, rows) = try? vault.lookUp(name, preset)
            else { return nil }
            guard let token = vault.cachedToken(of: application, in: rows),
                token.lifetime.isUsable(at: now, minimum: Int64(minimum))
            else {
                return nil
            }
            return token.value
        }
    }

    /// Whether the environment names a home: else the password database has to be asked.
    private static var hasHome: Bool { Environment.value(of: "HOME").map(FilePath.isAbsolute) ?? false }

    /// The standard place; nil where a variable that could name it isn't UTF-8.
    private static var standardPath: String? {
        guard Environment.firstNotText(among: VaultPlace.variables) == nil else { return nil }
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
