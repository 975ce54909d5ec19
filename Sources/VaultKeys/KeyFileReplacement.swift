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
    /// Where its new key lies until it takes the file's place.
    package let pending: String
    /// Where its old key stays.
    package let former: String

    private init(_ path: String, for slot: KeySlot) {
        self.path = path
        pending = "\(path).new-\(slot.shortID)"
        former = "\(path).old-\(slot.shortID)"
    }

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
    /// - Throws: `cannotWrite`, `notReadBack`; nothing is left then.
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
        replacement.removeLeftovers(holding: key)
        do throws(KeyError) {
            try KeyFile.make(replacement.pending, new)
            try KeyFile.make(replacement.former, key)
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
            let now = try KeyFile.read(path, policy: .own)
            let before = try KeyFile.read(former, policy: .own)
            guard now.matches(before) else { return false }
        } catch {
            return false
        }
        do throws(Errno) { try FilePath.rename(pending, to: path) } catch { return false }
        return true
    }

    /// Takes away what a process left that died before the vault had the slot; an old key only if the file has it too.
    private func removeLeftovers(holding key: borrowing SecretBytes) {
        try? FilePath.remove(pending)
        guard let before = try? KeyFile.read(former, policy: .own), before.matches(key) else { return }
        try? FilePath.remove(former)
    }

    /// Takes the new key away: no vault was written with it.
    package func undo() {
        try? FilePath.remove(pending)
        try? FilePath.remove(former)
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
