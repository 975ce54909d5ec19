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
    /// - Throws: `exists` where something lies there; `configuration` for a path that no shell has expanded, and for a
    ///   folder in which others may write.
    init(toMake path: String) throws(VaultError) {
        try PlaintextFile.checkIsNew(path)
        self.path = path
        _ = try place()
    }

    /// Where it lies; no other user can take it from there, or put another file in its place.
    private func place() throws(VaultError) -> FilePlace {
        do throws(SystemError) { return try FilePlace(path) } catch {
            if case .unsafePath = error { throw VaultError(KeyError(error, holding: .recoveryCode)) }
            throw VaultError(writing: path, error)
        }
    }

    private func pending(_ name: String, for slot: KeySlot) -> String { "\(name).new-\(slot.shortID)" }

    /// Writes a code, to lie next to the file until the vault has the slot.
    func write(_ code: borrowing RecoveryCode, for slot: KeySlot) throws(VaultError) {
        let text = code.text
        let place = try place()
        let pending = pending(place.name, for: slot)
        // Of a slot that the vault never got.
        try? place.directory.remove(pending)
        do throws(SystemError) {
            guard try place.directory.status(of: place.name) == nil else {
                throw .failed(path: path, .making, .exists)
            }
            let draft = try DraftFile.making(pending, in: place.directory.duplicate())
            do throws(Errno) {
                try text.withBytes { (bytes) throws(Errno) in try draft.file.write(bytes) }
            } catch {
                throw .failed(path: path, .writing, error)
            }
            try draft.publishAsNew()
        } catch {
            throw VaultError(writing: path, error)
        }
    }

    /// Gives the code of a slot that the vault has the file's name.
    ///
    /// - Returns: where the code is if that fails.
    func finish(_ slot: KeySlot) -> VaultNotice? {
        do {
            let place = try place()
            try place.directory.rename(pending(place.name, for: slot), toNew: place.name)
            try? place.directory.sync()
            return nil
        } catch {
            return .recoveryCodePending(path, code: pending(path, for: slot))
        }
    }

    /// Takes a code away whose slot the vault doesn't have.
    func undo(_ slot: KeySlot) {
        guard let place = try? place() else { return }
        try? place.directory.remove(pending(place.name, for: slot))
    }

    /// The slot whose code lies next to the file: a process died before it gave the code the file's name.
    func unfinished(among slots: [KeySlot], of vault: VaultIdentity) -> KeySlot? {
        slots.first { slot in
            let pending = pending(path, for: slot)
            guard slot.kind == .recovery, FilePath.exists(pending),
                let source = try? RecoveryCodeSource(reading: pending)
            else { return false }
            return (try? source.opens(slot, of: vault)) == true
        }
    }
}
