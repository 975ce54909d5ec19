extension Vault {
    /// Writes a consistent copy of the vault, without its cached tokens; the same keys open it.
    ///
    /// - Parameter path: a new file, in a folder of the user's own.
    /// - Throws: `damaged` before anything is written; `exists`.
    public func backup(to path: String) async throws(VaultError) {
        try await backup(to: path) { _, _ in }
    }

    /// The same; `progress` is called with the number of applications that are checked, and of all of them.
    package func backup(to path: String, _ progress: (Int, Int64?) -> Void) async throws(VaultError) {
        try await dependencies.perform { () throws(VaultError) in try contents.backup(to: path, progress) }
    }

    /// Restores this vault, a backup, into the place of another.
    ///
    /// The backup is verified first. Its generation becomes higher than any that was seen at `path`. The vault that it
    /// replaces is copied next to it; programs that have that vault open continue with the restored state.
    ///
    /// - Parameter path: the vault's place; nil for the standard place.
    /// - Returns: the path of the replaced vault's copy; nil if there was no vault.
    /// - Throws: `usage` for the vault's own place; `damaged` if the backup is; `exists` if another vault is at `path`.
    public func restore(to path: String? = nil) async throws(VaultError) -> String? {
        let path = try Self.newPlace(path)
        let now = dependencies.now()
        let copy = "\(path).before-restore-\(now)"
        return try await dependencies.perform { () throws(VaultError) in
            let replaced = try contents.restore(to: path, keeping: copy, marks: dependencies.stateFolder, now: now)
            if replaced.hadNewerKey { dependencies.warn(of: .olderKeyRestored) }
            return replaced.kept
        }
    }
}
