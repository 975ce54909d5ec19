internal import VaultCrypto
internal import VaultKeys

/// The slots of a vault that isn't open yet.
struct LockedSlots {
    let slots: [KeySlot]
    /// Those that are not as the header has them; the header itself isn't authenticated yet.
    let altered: [(id: [UInt8], name: String)]
    let vault: VaultIdentity
    /// What may open it beside them, for a while; none of it is authenticated yet.
    var sessions = LockedSessions()

    /// The slots that the header speaks of: nobody is waited for because of a row that was planted.
    var unaltered: [KeySlot] { slots.filter { slot in !altered.contains { $0.id == slot.id } } }

    /// Opens one of the slots.
    func open(by source: any KeySource) throws(VaultError) -> Unlocked {
        // What may raise a dialog is shown no slot that was planted.
        let slots = type(of: source).isUnasked ? unaltered : slots
        return try open { () throws(KeyError) in try source.open(slots, of: vault) }
    }

    /// Opens one of the slots by what `body` tries.
    ///
    /// - Parameter body: a try at all slots.
    /// - Returns: the vault's key.
    /// - Throws: `damaged` where nothing fits and a slot was edited: its own key doesn't open it any more, and whoever
    ///   holds that key must not be told that it is a wrong one. Otherwise what `body` throws.
    private func open(_ body: () throws(KeyError) -> Unlocked) throws(VaultError) -> Unlocked {
        do throws(KeyError) {
            return try body()
        } catch {
            switch error {
            case .doesNotFit, .noSlot, .keyring(.itemGone), .keyring(.itemForeign), .keyring(.itemDoesNotFit):
                guard !altered.isEmpty else { throw VaultError(error) }
                throw .damaged(.onlySlotsEdited(altered.map(\.name)))
            default: throw VaultError(error)
            }
        }
    }
}
