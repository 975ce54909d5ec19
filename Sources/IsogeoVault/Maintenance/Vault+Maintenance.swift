extension Vault {
    /// Opens every box and follows every chain.
    ///
    /// - Returns: how much there is, and what isn't as it was written.
    /// - Throws: when the vault can't be read at all.
    public func verify() async throws(VaultError) -> Verification {
        try await dependencies.perform { () throws(VaultError) in try contents.verify() }
    }

    /// What was done to the vault.
    ///
    /// - Throws: `damaged` when entries were changed or taken out.
    public func auditTrail() async throws(VaultError) -> AuditTrail {
        try await dependencies.perform { () throws(VaultError) in AuditTrail(entries: try contents.auditTrail()) }
    }

    /// Writes a consistent copy of the vault, without its cached tokens; the same keys open it.
    ///
    /// - Parameter path: a place where nothing lies yet, in a folder of the user's own.
    /// - Throws: `damaged` before anything is written; `exists`.
    public func backup(to path: String) async throws(VaultError) {
        try await dependencies.perform { () throws(VaultError) in try contents.backup(to: path) }
    }

    /// Puts what this vault, a backup, holds into the place of another.
    ///
    /// It is verified first. Its generation becomes higher than any that was seen at `path`. What lies at `path` is kept beside it; programs that have that vault open go on with what
    /// was restored.
    ///
    /// - Parameter path: where the vault lies; nil for the standard place.
    /// - Returns: where what lay there was kept; nil when nothing did.
    /// - Throws: `damaged` when the backup is; `exists` when another vault lies there.
    public func restore(to path: String? = nil) async throws(VaultError) -> String? {
        let path = try Self.newPlace(path)
        let now = dependencies.now()
        let copy = "\(path).before-restore-\(now)"
        return try await dependencies.perform { () throws(VaultError) in
            let replaced = try contents.restore(to: path, keeping: copy, marks: dependencies.stateFolder, now: now)
            if replaced.hadNewerKey {
                dependencies.warn(
                    "The backup is from before the vault got a new key: the old keys open it again. Give it another new "
                        + "one with `rekey` if they were replaced for a reason."
                )
            }
            return replaced.kept
        }
    }
}
