internal import VaultCrypto
internal import VaultKeys

extension UnlockedVault {
    /// Makes a recovery code, shows it, and writes its slot: a new one, or in the place of another.
    ///
    /// - Returns: the new slot, and the one that it took the place of.
    func putRecoveryCode(replacing slot: String?, showing show: UserInteraction.Showing, now: Int64) throws(VaultError)
        -> (new: KeySlot, old: KeySlot?)
    {
        let code = RecoveryCode.random()
        let text = code.text
        let protection = Protection(RecoveryCodeSource(code))
        // Nobody shall copy 65 characters by hand for a vault that then has no room for them.
        try put(protection, replacing: slot, now: now, rehearsing: true)
        try text.withBytes { (text: Span<UInt8>) throws(VaultError) in try show(text) }
        do {
            return try put(protection, replacing: slot, now: now)
        } catch {
            throw VaultError(.shownCodeVoid(error.problem))
        }
    }

    @discardableResult
    private func put(
        _ protection: borrowing Protection,
        replacing slot: String?,
        now: Int64,
        rehearsing: Bool = false
    ) throws(VaultError) -> (new: KeySlot, old: KeySlot?) {
        guard let slot else { return (try addKey(protection, now: now, rehearsing: rehearsing), nil) }
        return try changeKey(slot, to: protection, now: now, rehearsing: rehearsing)
    }
}
