internal import VaultCrypto
internal import VaultKeys

/// The slots of a vault that isn't open yet.
struct LockedSlots {
    let slots: [KeySlot]
    /// The slots that don't match the header, which isn't authenticated yet itself.
    let altered: [AlteredSlot]
    let vault: VaultIdentity
    /// The sessions, which may open the vault too; they aren't authenticated yet.
    var sessions = LockedSessions()

    /// The slots that match the header: a row that another program added never makes the keyring show a dialog.
    var unaltered: [KeySlot] { slots.filter { slot in !altered.contains { $0.id == slot.id } } }

    /// Opens one of the slots.
    func open(by source: any KeySource) throws(VaultError) -> Unlocked {
        // A source that opens without being named may show a dialog, so it gets no slot that was added.
        let slots = type(of: source).isUnasked ? unaltered : slots
        return try open { () throws(KeyError) in try source.open(slots, of: vault) }
    }

    /// Opens one of the slots.
    ///
    /// - Parameter body: tries all slots.
    /// - Returns: the vault's key.
    /// - Throws: `damaged` where no slot opens and one was edited: its key no longer opens it, and a user who holds the
    ///   right key must not read that it is wrong. Otherwise what `body` throws.
    private func open(_ body: () throws(KeyError) -> Unlocked) throws(VaultError) -> Unlocked {
        do throws(KeyError) {
            return try body()
        } catch {
            switch error {
            case .doesNotFit, .noSlot, .keyring(.itemGone), .keyring(.itemForeign), .keyring(.itemDoesNotFit):
                guard !altered.isEmpty else { throw VaultError(error) }
                throw .damaged(.onlySlotsEdited(altered))
            default: throw VaultError(error)
            }
        }
    }
}
