internal import VaultKeys
internal import VaultStore
internal import VaultSystem

/// The state of a vault and of its place, as far as it shows without a key, a prompt, or a change.
package struct VaultInspection: Sendable {
    /// Something that needs a repair.
    package struct Fault: Sendable {
        package let error: VaultError
        /// The file or directory that `repair` would change.
        fileprivate let path: UnsafePath?
    }

    /// The vault's place, whether it exists or not.
    package let path: String
    /// The faults of its place; empty if it is usable.
    package private(set) var faults: [Fault] = []
    /// Whether there is no vault, which isn't a fault.
    package private(set) var isMissing = false
    /// The state that its file shows; nil if it can't be read.
    package private(set) var status: VaultStatus?
    /// Its file system's type, as numbered by statfs(2).
    package private(set) var fileSystem: UInt32?
    /// Its key slots, and which vault they belong to; nil if its file can't be read.
    private(set) var keys: (slots: [KeySlot], vault: VaultIdentity)?
}

extension VaultInspection {
    /// The wait for a process that has locked the vault.
    private static let patience = Duration.seconds(2)

    /// Inspects a vault, including its structure.
    ///
    /// - Parameter path: the vault's place; nil for the standard place.
    /// - Throws: `configuration` without a home directory.
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
            keys = (snapshot.slots.map(KeySlot.init), snapshot.vault)
        } catch .noVault {
            isMissing = true
        } catch {
            faults.append(Fault(error))
        }
    }

    /// Corrects modes of the user's own files where that repairs a fault.
    ///
    /// - Returns: the repairs, each as a shell command.
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
