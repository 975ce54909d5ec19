public import Logging
internal import Synchronization
internal import VaultKeys
internal import VaultStore
internal import VaultSystem

/// A vault, open: applications, their sealed secrets, and their cached tokens.
///
/// It may be used from any number of tasks. What blocks runs on threads of its own, never on Swift's. It isn't used
/// across `fork`.
public final class Vault: Sendable {
    /// Where the vault lies.
    public let path: String
    /// Whether the vault can only be read: tokens are given then, and none is kept.
    public let isReadOnly: Bool

    let dependencies: VaultDependencies
    /// What is remembered of tokens, so that neither file nor server is asked again.
    let tokens = TokenCache()
    private let opened: Mutex<UnlockedVault?>

    private init(_ contents: UnlockedVault, dependencies: VaultDependencies) {
        path = contents.database.location
        isReadOnly = contents.database.isReadOnly
        opened = Mutex(contents)
        self.dependencies = dependencies
    }

    /// What is in the vault, while it is open.
    var contents: UnlockedVault {
        get throws(VaultError) {
            guard let contents = opened.withLock({ $0 }) else { throw .closed }
            return contents
        }
    }

    /// Closes the vault and wipes its key; whatever is asked of it from now on is refused as `locked`.
    ///
    /// What is under way comes to its end first, and the key stays for that; a token that is being renewed in the
    /// background isn't. Closing twice does nothing.
    public func close() {
        tokens.close()
        // It ends behind the lock, since wiping and closing the file take longer than anybody should wait for that.
        let contents = opened.withLock { $0.take() }
        if contents != nil { dependencies.log(.closed) }
    }

    /// Where a vault lies when nobody says otherwise: `ISOGEO_VAULT`, else `isogeo-vault/vault.db` in
    /// `$XDG_DATA_HOME` or `~/.local/share`.
    ///
    /// - Throws: `configuration` where there is no home.
    public static func standardPath() throws(VaultError) -> String {
        guard let path = VaultPlace.standard(environment: Environment.value) else {
            throw VaultError(.noHome)
        }
        return path
    }

    /// Opens a vault.
    ///
    /// - Parameters:
    ///   - path: where it lies; nil for the standard place.
    ///   - unlocking: how; by what the environment names unless said otherwise.
    ///   - acceptingRollback: whether a vault that is older than it was when it was last seen here is taken as it is.
    ///   - transport: sends token requests in libcurl's place; it is lent the secret's header.
    ///   - logger: told what goes on, and never a secret or token.
    /// - Returns: the vault, open.
    /// - Throws: `noVault`; `locked` when the way that was named doesn't open it; `damaged`; `rolledBack`; `configuration`; `inputOutput`;
    ///   `tryAgain` when others kept the vault busy.
    public static func open(
        at path: String? = nil,
        unlocking: Unlocking = .environment,
        acceptingRollback: Bool = false,
        transport: (any TokenEndpointTransport)? = nil,
        logger: Logger? = nil
    ) async throws(VaultError) -> Vault {
        var dependencies = VaultDependencies(transport: transport, logger: logger)
        if acceptingRollback { dependencies.rollback = .accepted }
        return try await open(at: path, unlocking: unlocking, dependencies: dependencies)
    }

    /// Makes a vault with its first application.
    ///
    /// - Parameters:
    ///   - path: where; nil for the standard place. Missing folders are made.
    ///   - protection: what opens it.
    ///   - application: its first application.
    ///   - proof: the token that proved it, which is kept; nil when it wasn't proven.
    ///   - transport: sends token requests in libcurl's place; it is lent the secret's header.
    ///   - logger: told what goes on, and never a secret or token.
    /// - Returns: the vault, open.
    /// - Throws: `exists` when there is one already, be it since a moment ago; `configuration` for an unsafe place or key
    ///   file; `inputOutput`; `tryAgain` when somebody else has been making it for too long.
    public static func create(
        at path: String? = nil,
        protectedBy protection: borrowing Protection,
        importing application: borrowing NewApplication,
        proven proof: ProvenToken? = nil,
        transport: (any TokenEndpointTransport)? = nil,
        logger: Logger? = nil
    ) async throws(VaultError) -> Vault {
        try await create(
            at: path,
            protectedBy: protection,
            importing: application,
            proven: proof,
            dependencies: VaultDependencies(transport: transport, logger: logger)
        )
    }

    /// Whether there is a vault.
    ///
    /// - Parameter path: where; nil for the standard place.
    /// - Returns: false where nothing lies there.
    /// - Throws: when something lies there that is no vault, or none that could be used.
    public static func exists(at path: String? = nil) async throws(VaultError) -> Bool {
        let path = try newPlace(path)
        return try await BlockingExecutor.run { () throws(VaultError) -> Bool in try UnlockedVault.exists(at: path) }
    }

    /// The place for a vault that is made if need be.
    static func newPlace(_ path: String?) throws(VaultError) -> String {
        if path == nil, let home = VaultPlace.missingHome(environment: Environment.value) {
            throw VaultError(.homeMissing(home))
        }
        return try place(path)
    }

    static func place(_ path: String?) throws(VaultError) -> String {
        if let path { return path }
        return try standardPath()
    }

    package static func open(at path: String?, unlocking: Unlocking, dependencies: VaultDependencies)
        async throws(VaultError)
        -> Vault
    {
        try await open(at: path, dependencies: dependencies) { (locked) throws(VaultError) in
            try unlocking.open(locked, dependencies.keySources)
        }
    }

    /// Opens a vault by what would have protected it, had nobody made it a moment before.
    package static func open(
        at path: String?,
        protectedBy protection: borrowing Protection,
        dependencies: VaultDependencies
    ) async throws(VaultError) -> Vault {
        try await open(at: path, dependencies: dependencies) { (locked) throws(VaultError) in
            try locked.open(by: protection.source)
        }
    }

    private static func open(
        at path: String?,
        dependencies: VaultDependencies,
        _ unlock: (LockedSlots) throws(VaultError) -> Unlocked
    ) async throws(VaultError) -> Vault {
        let path = try place(path)
        let dependencies = dependencies.of(vaultAt: path)
        let vault = try await dependencies.perform { () throws(VaultError) -> Vault in
            let contents = try UnlockedVault.open(
                path,
                now: dependencies.now(),
                marks: dependencies.stateFolder,
                reporting: dependencies.report,
                unlock
            )
            if let warning = try contents.compareWithMark(dependencies.rollback, now: dependencies.now) {
                dependencies.warn(.unusableMark, warning)
            }
            for slot in contents.alteredSlots {
                dependencies.warn(
                    .slotEdited,
                    "In this vault \(slot) was edited: it can be read, and isn't changed before that is put right."
                )
            }
            return Vault(contents, dependencies: dependencies)
        }
        dependencies.log(.opened)
        return vault
    }

    package static func create(
        at path: String?,
        protectedBy protection: borrowing Protection,
        importing application: borrowing NewApplication,
        proven proof: ProvenToken? = nil,
        decliningRecovery: Bool = false,
        dependencies: VaultDependencies
    ) async throws(VaultError) -> Vault {
        let path = try newPlace(path)
        let dependencies = dependencies.of(vaultAt: path)
        return try await dependencies.perform { () throws(VaultError) -> Vault in
            let contents = try UnlockedVault.make(
                at: path,
                protection: protection,
                application: application,
                proven: proof,
                noting: decliningRecovery ? [AuditEvent(.recoveryDeclined)] : [],
                marks: dependencies.stateFolder,
                reporting: dependencies.report,
                now: dependencies.now()
            )
            return Vault(contents, dependencies: dependencies)
        }
    }
}
