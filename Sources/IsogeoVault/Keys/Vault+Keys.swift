internal import VaultKeys

extension Vault {
    /// The key slots, oldest first.
    public func keys() async throws(VaultError) -> [VaultStatus.Slot] {
        try await dependencies.perform { () throws(VaultError) in try contents.slots().map(VaultStatus.Slot.init) }
    }

    /// Adds a key slot: another key that opens the vault.
    ///
    /// Nothing is encrypted anew.
    ///
    /// - Returns: the slot.
    /// - Throws: `usage` when there are already 16 slots, or 4 passphrases, and for a key that opens the vault already.
    public func addKey(_ protection: borrowing Protection) async throws(VaultError) -> VaultStatus.Slot {
        try await dependencies.perform { () throws(VaultError) in
            finished(try contents.addKey(protection, now: dependencies.now()))
        }
    }

    /// Replaces a key slot by a new one.
    ///
    /// - Parameters:
    ///   - slot: the beginning of its id, or its kind where only one has it.
    ///   - protection: the new key.
    ///   - interaction: as for `removeKey(_:interaction:)`.
    /// - Returns: the new slot.
    /// - Throws: `usage` when there is no such slot, and for a key that opens the vault already.
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
            return finished(new)
        }
    }

    /// Removes a key slot; the last one stays.
    ///
    /// The removed key no longer opens this file, but still opens older copies of it: after a leak, get a new secret
    /// from Isogeo. A slot of the desktop keyring loses its key there, which opens no copy then; a warning says if that
    /// fails.
    ///
    /// - Parameters:
    ///   - slot: the beginning of its id, or its kind where only one has it.
    ///   - interaction: its `tell` announces a dialog of the keyring; without `tell` the keyring shows none.
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
    /// The code is shown *before* the vault is written, so that no vault has a code that its user never saw.
    ///
    /// - Parameter show: shows the code; where it throws, nothing is written. It may block.
    /// - Returns: the slot.
    /// - Throws: `usage` when there are already 16 slots; why the vault can't be written, mostly before the code is
    ///   shown; an error that comes later says that the code is void. What `show` throws.
    public func addRecoveryCode(showing show: UserInteraction.Showing) async throws(VaultError) -> VaultStatus.Slot {
        try await dependencies.perform { () throws(VaultError) in
            finished(try contents.putRecoveryCode(replacing: nil, showing: show, now: dependencies.now()).new)
        }
    }

    /// Adds a recovery code, or replaces a slot by one, and writes it to a new file, mode 0600.
    ///
    /// The file is there once the vault has the slot, and not before. Where a call was killed, the same call finishes
    /// what it began.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - slot: the slot that is replaced; nil for an additional one.
    ///   - interaction: as for `removeKey(_:interaction:)`.
    /// - Returns: the slot.
    /// - Throws: `exists` where something lies at the path; `usage` as the others do; `inputOutput`.
    package func putRecoveryCode(
        in path: String,
        replacing slot: String? = nil,
        interaction: UserInteraction = .none
    ) async throws(VaultError) -> VaultStatus.Slot {
        try await dependencies.perform { () throws(VaultError) in
            let contents = try contents
            let hadSessions = contents.hasSessions
            let (new, old, notice) = try contents.putRecoveryCode(replacing: slot, in: path, now: dependencies.now())
            if slot != nil { contents.cleanUp(of: old, hadSessions: hadSessions, interaction, dependencies) }
            if let notice { dependencies.warn(of: notice) }
            return VaultStatus.Slot(new)
        }
    }

    /// Finishes what a slot has outside of the vault that was written.
    private func finished(_ new: NewSlot) -> VaultStatus.Slot {
        if let notice = new.finish() { dependencies.warn(of: notice) }
        return VaultStatus.Slot(new.slot)
    }

    /// Replaces a key slot, by default the recovery code's, by a new recovery code.
    ///
    /// The old one opens the vault until the new one has been shown and written.
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
            return finished(new)
        }
    }
}
