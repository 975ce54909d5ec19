internal import VaultCrypto
internal import VaultKeys
internal import VaultSystem

/// The file that gets a new recovery code, where no person is shown it.
///
/// The code lies next to it, under the name of its slot, before the vault is written, and gets the file's name
/// afterwards: wherever a process dies, no void code stands in the file's place, and no slot's code is lost. The same
/// call finishes what was begun. Its caller has the lease of making: what another process left is of a dead one.
struct RecoveryCodeFile: Sendable {
    let path: String

    /// The place of a file that is to be made.
    ///
    /// - Throws: `exists` where something lies there; `configuration` for a path that no shell has expanded.
    init(toMake path: String) throws(VaultError) {
        try PlaintextFile.checkIsNew(path)
        self.path = path
    }

    private func pending(for slot: KeySlot) -> String { "\(path).new-\(slot.shortID)" }

    /// Writes a code, to lie next to the file until the vault has the slot.
    func write(_ code: borrowing RecoveryCode, for slot: KeySlot) throws(VaultError) {
        let text = code.text
        let pending = pending(for: slot)
        // Of a slot that the vault never got.
        try? FilePath.remove(pending)
        try text.withBytes { (text) throws(VaultError) in try PlaintextFile.make(path, text, as: pending) }
    }

    /// Gives the code of a slot that the vault has the file's name.
    ///
    /// - Returns: where the code is if that fails.
    func finish(_ slot: KeySlot) -> VaultNotice? {
        do throws(Errno) {
            try FilePath.rename(pending(for: slot), toNew: path)
            return nil
        } catch {
            return .recoveryCodePending(path, code: pending(for: slot))
        }
    }

    /// Takes a code away whose slot the vault doesn't have.
    func undo(_ slot: KeySlot) { try? FilePath.remove(pending(for: slot)) }

    /// The slot whose code lies next to the file: a process died before it gave the code the file's name.
    func unfinished(among slots: [KeySlot], of vault: VaultIdentity) -> KeySlot? {
        slots.first { slot in
            guard slot.kind == .recovery, FilePath.exists(pending(for: slot)),
                let source = try? RecoveryCodeSource(reading: pending(for: slot))
            else { return false }
            return (try? source.opens(slot, of: vault)) == true
        }
    }
}
