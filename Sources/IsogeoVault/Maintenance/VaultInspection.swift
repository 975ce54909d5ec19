internal import VaultKeys
internal import VaultStore
internal import VaultSystem

/// What can be seen of a vault and of its surroundings without a key, without asking anybody, and without a change.
package struct VaultInspection: Sendable {
    /// Something to be put right.
    package struct Fault: Sendable {
        package let error: VaultError
        /// What `repair` would act on.
        fileprivate let path: UnsafePath?
    }

    /// Where the vault lies, or would.
    package let path: String
    /// What is wrong with its place; empty when it can be used.
    package private(set) var faults: [Fault] = []
    /// Whether there is none, which is nothing wrong.
    package private(set) var isMissing = false
    /// What its file tells; nil when it can't be read.
    package private(set) var status: VaultStatus?
    /// The kind of file system it lies on, as statfs(2) numbers it.
    package private(set) var fileSystem: UInt32?
}

extension VaultInspection {
    /// How long another process may keep the vault locked before that is what is said.
    private static let patience = Duration.seconds(2)

    /// Looks at a vault, its structure included.
    ///
    /// - Parameter path: where it lies; nil for the standard place.
    /// - Throws: `configuration` where there is no home to look in.
    package init(at path: String?) async throws(VaultError) {
        let path = try Vault.place(path)
        self = try await BlockingExecutor.run { () throws(VaultError) in VaultInspection(blockingAt: path) }
    }

    private init(blockingAt path: String) {
        self.path = path
        for error in VaultDatabase.faults(at: path) {
            if case .noVault = error { isMissing = true } else { faults.append(Fault(error)) }
        }
        fileSystem = VaultDatabase.fileSystem(at: path)
        guard faults.isEmpty, !isMissing else { return }
        do {
            let database = try VaultDatabase.open(at: path, forWriting: false, patience: Self.patience)
            try database.checkStructure()
            let snapshot = try database.read(Query(sessions: true, counts: true))
            let dependencies = VaultDependencies.real
            status = VaultStatus(snapshot, of: database, marks: dependencies.stateFolder, now: dependencies.now())
        } catch .noVault {
            isMissing = true
        } catch {
            faults.append(Fault(error))
        }
    }

    /// Sets modes right where that repairs a fault and the file is ours.
    ///
    /// - Returns: what was done, as a command would say it.
    package func repair() async throws(VaultError) -> [String] {
        let (path, faults) = (path, faults)
        return try await BlockingExecutor.run { () throws(VaultError) in
            VaultDatabase.repair(faults.compactMap(\.path), at: path)
        }
    }
}

extension VaultInspection.Fault {
    fileprivate init(_ error: StoreError) {
        self.error = VaultError(error)
        if case .unsafePath(let unsafe) = error { path = unsafe } else { path = nil }
    }
}
