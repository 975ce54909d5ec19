package import VaultCrypto
internal import VaultSystem

/// A key file that gets a new key when the vault does: what is on the disk opens the vault, whenever a process dies.
///
/// The new key lies next to the file, under the name of its slot, before the vault is written, and takes the file's
/// place afterwards. If a process dies in between, the vault wants the new key and the file has the old one: the next
/// command that names the file opens the vault with the key next to it, and finishes the exchange. The old key stays
/// too: it opens backups, and other vaults that were made with the same file.
package struct KeyFileReplacement: Sendable {
    /// The key file.
    package let path: String
    /// What the slot's files have behind the key file's name.
    private let id: String

    private init(_ path: String, for slot: KeySlot) {
        self.path = path
        id = slot.shortID
    }

    /// Where its new key lies until it takes the file's place.
    package var pending: String { pending(path) }
    /// Where its old key stays.
    package var former: String { former(path) }

    private func pending(_ name: String) -> String { "\(name).new-\(id)" }
    private func former(_ name: String) -> String { "\(name).old-\(id)" }

    /// Makes a slot with a new key, which lies next to the key file then, and is read back.
    ///
    /// - Parameters:
    ///   - path: the key file.
    ///   - key: what it holds.
    ///   - vaultKey: what the slot opens.
    ///   - vault: whose it is.
    ///   - id: the slot's. Files that are named after it already are of a process that died before it wrote the vault.
    ///   - now: seconds since 1970.
    /// - Returns: the slot, and what there is to finish once the vault is written, or to undo.
    /// - Throws: `cannotWrite`, `unsafeFile`, `notReadBack`; nothing is left then.
    package static func make(
        _ path: String,
        holding key: borrowing SecretBytes,
        wrapping vaultKey: borrowing VaultKey,
        of vault: VaultIdentity,
        id: [UInt8],
        now: Int64
    ) throws(KeyError) -> (slot: KeySlot, replacement: KeyFileReplacement) {
        let new = SecretBytes.random(count: KeyFile.count)
        let slot = KeyFileSlot.make(new, wrapping: vaultKey, of: vault, id: id, now: now)
        let replacement = KeyFileReplacement(path, for: slot)
        // All three are reached by one walk.
        let place = try KeyFile.place(of: path)
        replacement.removeLeftovers(holding: key, at: place)
        do throws(KeyError) {
            try KeyFile.make(new, replacement.pending(place.name), in: place.directory, calledPath: replacement.pending)
            try KeyFile.make(key, replacement.former(place.name), in: place.directory, calledPath: replacement.former)
        } catch {
            replacement.undo()
            throw error
        }
        return (slot, replacement)
    }

    /// Puts the new key into the file's place, unless the file isn't what it was: then both stay.
    ///
    /// - Returns: whether the file has the new key now.
    @discardableResult
    package func finish() -> Bool {
        do throws(KeyError) {
            let place = try KeyFile.place(of: path)
            let now = try KeyFile.read(place.name, in: place.directory)
            let before = try KeyFile.read(former(place.name), in: place.directory)
            guard now.matches(before) else { return false }
            do throws(Errno) { try place.directory.rename(pending(place.name), to: place.name) } catch { return false }
            // The name is there already; a file system that can't sync directories keeps it as well as any other.
            try? place.directory.sync()
            return true
        } catch {
            return false
        }
    }

    /// Takes away what a process left that died before the vault had the slot; an old key only if the file has it too.
    private func removeLeftovers(holding key: borrowing SecretBytes, at place: borrowing FilePlace) {
        try? place.directory.remove(pending(place.name))
        guard let before = try? KeyFile.read(former(place.name), in: place.directory), before.matches(key) else {
            return
        }
        try? place.directory.remove(former(place.name))
    }

    /// Takes the new key away: no vault was written with it.
    package func undo() {
        guard let place = try? KeyFile.place(of: path) else { return }
        try? place.directory.remove(pending(place.name))
        try? place.directory.remove(former(place.name))
    }

    /// Opens a vault by the key next to a key file, and finishes the exchange that a process left when it died.
    ///
    /// - Returns: nil where no key next to it opens one of the slots.
    package static func openUnfinished(_ path: String, _ slots: [KeySlot], of vault: VaultIdentity) -> Unlocked? {
        for slot in slots where slot.kind == .keyFile {
            let replacement = KeyFileReplacement(path, for: slot)
            guard FilePath.exists(replacement.pending) else { continue }
            do throws(KeyError) {
                let key = try KeyFile.read(replacement.pending, policy: .own)
                if let vaultKey = try slot.open(with: KeyFileSlot.secret(of: key, for: slot), of: vault) {
                    replacement.finish()
                    return Unlocked(vaultKey: vaultKey, slot: slot.id)
                }
            } catch {
                continue
            }
        }
        return nil
    }
}
