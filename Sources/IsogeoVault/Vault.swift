public import Logging
internal import Synchronization
internal import VaultKeys
internal import VaultStore
internal import VaultSystem

/// A vault, open: applications, their sealed secrets, and their cached tokens.
///
/// Any number of tasks may use it. It blocks threads of its own, never Swift's. Don't use it across `fork`.
public final class Vault: Sendable {
    /// Where the vault lies.
    public let path: String
    /// Whether the vault can only be read: it gives tokens then, and stores none.
    public let isReadOnly: Bool

    let dependencies: VaultDependencies
    /// Tokens in memory, which are given without a look at file or server.
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

    /// Closes the vault and wipes its key; every later call throws `locked`.
    ///
    /// Calls in progress end first, and the key stays for them; renewals in the background are abandoned. Closing twice
    /// does nothing.
    public func close() {
        tokens.close()
        // Its deinit runs outside of the lock: wiping the key and closing the file would hold up other threads.
        let contents = opened.withLock { $0.take() }
        if contents != nil { dependencies.log(.closed) }
    }

    /// The path of the vault when none is given: `ISOGEO_VAULT`, else `isogeo-vault/vault.db` in `$XDG_DATA_HOME` or
    /// `~/.local/share`.
    ///
    /// - Throws: `configuration` where there is no home, or one of these isn't UTF-8.
    public static func standardPath() throws(VaultError) -> String {
        try checkPaths(in: VaultPlace.variables)
        guard let path = VaultPlace.standard(environment: Environment.value) else {
            throw VaultError(.noHome)
        }
        return path
    }

    /// Refuses paths in the environment that aren't UTF-8: a text made of them would name another file.
    package static func checkPaths(in variables: [String]) throws(VaultError) {
        guard let (name, value) = Environment.firstNotText(among: variables) else { return }
        throw VaultError(.variableNotUTF8(name, value: value))
    }

    /// Opens a vault.
    ///
    /// - Parameters:
    ///   - path: where it lies; nil for the standard place.
    ///   - unlocking: what opens it; by default what the environment names.
    ///   - acceptingRollback: whether to accept a vault that is older than it was when it was last seen here.
    ///   - transport: sends token requests in libcurl's place; it sees the header with the secret.
    ///   - logger: logs what happens, and never a secret or token.
    /// - Returns: the vault, open.
    /// - Throws: `noVault`; `locked` when the key that was named doesn't open it; `damaged`; `rolledBack`;
    ///   `configuration`; `inputOutput`; `tryAgain` when other processes kept the vault busy.
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
    ///   - transport: sends token requests in libcurl's place; it sees the header with the secret.
    ///   - logger: logs what happens, and never a secret or token.
    /// - Returns: the vault, open.
    /// - Throws: `exists` when there is one, even if another process has just made it; `configuration` for an unsafe
    ///   place or key file; `inputOutput`; `tryAgain` when another process takes too long to make it.
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

    /// Makes a vault with its first applications: all of them, or no vault.
    ///
    /// - Parameters:
    ///   - path: where; nil for the standard place. Missing folders are made.
    ///   - protection: what opens it.
    ///   - applications: its first applications.
    ///   - transport: sends token requests in libcurl's place; it sees the header with the secret.
    ///   - logger: logs what happens, and never a secret or token.
    /// - Returns: the vault, open.
    /// - Throws: what ``create(at:protectedBy:importing:proven:transport:logger:)`` throws.
    public static func create(
        at path: String? = nil,
        protectedBy protection: borrowing Protection,
        importing applications: borrowing NewApplications,
        transport: (any TokenEndpointTransport)? = nil,
        logger: Logger? = nil
    ) async throws(VaultError) -> Vault {
        try await create(
            at: path,
            protectedBy: protection,
            importing: applications,
            dependencies: VaultDependencies(transport: transport, logger: logger)
        )
    }

    /// Whether there is a vault.
    ///
    /// - Parameter path: where; nil for the standard place.
    /// - Returns: false where nothing lies there.
    /// - Throws: when a file lies there that is no vault, or that can't be used.
    public static func exists(at path: String? = nil) async throws(VaultError) -> Bool {
        let path = try newPlace(path)
        return try await BlockingExecutor.run { () throws(VaultError) -> Bool in try UnlockedVault.exists(at: path) }
    }

    /// The path of a vault that may have to be made.
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
        let rereads = unlocking.named?.file?.content == .key
        return try await open(at: path, dependencies: dependencies, rereads: rereads) { (locked) throws(VaultError) in
            try unlocking.open(locked, dependencies.keySources)
        }
    }

    /// Opens a vault that another process has just made, by the key that would have protected it.
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
        rereads: Bool = false,
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
                patience: min(VaultDatabase.patience, dependencies.timeLimit),
                rereads: rereads,
                unlock
            )
            if let notice = try contents.compareWithMark(dependencies.rollback, now: dependencies.now) {
                dependencies.warn(of: notice)
            }
            for slot in contents.alteredSlots { dependencies.warn(of: .slotEdited(slot)) }
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
        var applications = NewApplications()
        try applications.append(application, proven: proof)
        return try await create(
            at: path,
            protectedBy: protection,
            importing: applications,
            decliningRecovery: decliningRecovery,
            dependencies: dependencies
        )
    }

    package static func create(
        at path: String?,
        protectedBy protection: borrowing Protection,
        importing applications: borrowing NewApplications,
        decliningRecovery: Bool = false,
        dependencies: VaultDependencies
    ) async throws(VaultError) -> Vault {
        let path = try newPlace(path)
        let dependencies = dependencies.of(vaultAt: path)
        return try await dependencies.perform { () throws(VaultError) -> Vault in
            let contents = try UnlockedVault.make(
                at: path,
                protection: protection,
                applications: applications,
                noting: decliningRecovery ? [AuditEvent(.recoveryDeclined)] : [],
                marks: dependencies.stateFolder,
                reporting: dependencies.report,
                now: dependencies.now()
            )
            return Vault(contents, dependencies: dependencies)
        }
    }
}
