package import VaultSystem

/// What is asked of a vault's place without opening it.
extension VaultDatabase {
    /// All that is wrong with the place of the vault at `path`, from the root down.
    ///
    /// - Returns: nothing when all is well; `noVault` where none lies there.
    package static func faults(at path: String) -> [StoreError] { VaultFile.faults(at: path) }

    /// The kind of file system that a vault at `path` lies on, as statfs(2) numbers it; nil where it is unknown.
    package static func fileSystem(at path: String) -> UInt32? { (try? VaultFile.unchecked(at: path))?.fileSystem }

    /// Sets the modes right that make a vault's place unsafe, where file and folder are ours.
    ///
    /// To be called before this process opens the vault.
    ///
    /// - Parameters:
    ///   - faults: of `faults(at:)`.
    ///   - path: the vault; nothing is done unless its file is one.
    /// - Returns: what was done, as a command would say it.
    package static func repair(_ faults: [UnsafePath], at path: String) -> [String] {
        guard let file = try? VaultFile.unchecked(at: path), file.isVault else { return [] }
        return faults.compactMap { file.repair($0) }
    }
}
