internal import VaultKeys

extension Vault {
    /// The key slots, by when they were made.
    public func keys() async throws(VaultError) -> [VaultStatus.Slot] {
        try await dependencies.perform { () throws(VaultError) in try contents.slots().map(VaultStatus.Slot.init) }
    }

    /// Adds a key slot: another way to open the vault.
    ///
    /// Nothing is encrypted anew.
    ///
    /// - Returns: the slot.
    /// - Throws: `usage` when there are 16 slots, or 4 passphrases, already, and for what opens the vault already.
    public func addKey(_ protection: borrowing Protection) async throws(VaultError) -> VaultStatus.Slot {
        try await dependencies.perform { () throws(VaultError) in
            VaultStatus.Slot(try contents.addKey(protection, now: dependencies.now()))
        }
    }

    /// Puts a new key slot into the place of another.
    ///
    /// - Parameters:
    ///   - slot: the beginning of its id, or its kind where only one has it.
    ///   - protection: what opens the new one.
    ///   - interaction: as for `removeKey(_:interaction:)`.
    /// - Returns: the new slot.
    /// - Throws: `usage` when there is no such slot, and for what opens the vault already.
    public func changeKey(
        _ slot: String,
        to protection: borrowing Protection,
        interaction: UserInteraction = .none
    ) async throws(VaultError) -> VaultStatus.Slot {
        try await dependencies.perform { () throws(VaultError) in
            let contents = try contents
            let hadSessions = contents.hasSessions
            let (new, old) = try contents.changeKey(slot, to: protection, now: dependencies.now())
            contents.cleanUp(of: old, hadSessions: hadSessions, interaction, dependencies)
            return VaultStatus.Slot(new)
        }
    }

    /// Removes a key slot; the last one stays.
    ///
    /// This file is closed to that key from now on, copies of it are not: after a leak a new secret is needed. An item in
    /// the desktop keyring goes with its slot; where it can't, there is a warning.
    ///
    /// - Parameters:
    ///   - slot: the beginning of its id, or its kind where only one has it.
    ///   - interaction: tells of a dialog of the keyring; without `tell` none is raised.
    /// - Throws: `usage` when there is no such slot, or no other.
    public func removeKey(_ slot: String, interaction: UserInteraction = .none) async throws(VaultError) {
        try await dependencies.perform { () throws(VaultError) in
            let contents = try contents
            let hadSessions = contents.hasSessions
            let gone = try contents.removeKey(slot, now: dependencies.now())
            contents.cleanUp(of: gone, hadSessions: hadSessions, interaction, dependencies)
        }
    }

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
