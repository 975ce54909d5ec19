internal import VaultKeys

extension Vault {
    /// Adds a recovery code: 256 random bits that open the vault when everything else is lost.
    ///
    /// The code is shown *before* the vault is written: no vault ever has one that nobody saw.
    ///
    /// - Parameter show: shows the code; where it throws, nothing is written. It may block.
    /// - Returns: the slot.
    /// - Throws: `usage` when there are 16 slots already, and whatever else keeps the vault from being written, mostly
    ///   before the code is shown; an error that comes later says that the code is void. What `show` throws.
    public func addRecoveryCode(showing show: UserInteraction.Showing) async throws(VaultError) -> VaultStatus.Slot {
        try await dependencies.perform { () throws(VaultError) in
            VaultStatus.Slot(try contents.putRecoveryCode(replacing: nil, showing: show, now: dependencies.now()).new)
        }
    }

    /// Puts a new recovery code into the place of a key slot, as a rule that of an older code.
    ///
    /// The old one opens the vault until the new one was shown and written.
    ///
    /// - Parameters:
    ///   - slot: the beginning of its id, or its kind where only one has it.
    ///   - interaction: as for `removeKey(_:interaction:)`.
    ///   - show: shows the code; where it throws, nothing is written. It may block.
    /// - Returns: the new slot.
    /// - Throws: `usage` when there is no such slot; else as `addRecoveryCode(showing:)`.
    public func replaceWithRecoveryCode(
        _ slot: String = "recovery",
        interaction: UserInteraction = .none,
        showing show: UserInteraction.Showing
    ) async throws(VaultError) -> VaultStatus.Slot {
        try await dependencies.perform { () throws(VaultError) in
            let contents = try contents
            let hadSessions = contents.hasSessions
            let (new, old) = try contents.putRecoveryCode(replacing: slot, showing: show, now: dependencies.now())
            contents.cleanUp(of: old, hadSessions: hadSessions, interaction, dependencies)
            return VaultStatus.Slot(new)
        }
    }
}
