internal import VaultCrypto
internal import VaultStore

extension UnlockedVault {
    /// Converts a file of an earlier format into the present one; nothing for a file that has it.
    ///
    /// All rows are sealed anew under the same key, in one transaction; key slots and sessions stay as they are. The
    /// first change of such a vault does so, and so does the first request for a token; what only reads never does.
    ///
    /// - Parameter now: seconds since 1970.
    /// - Throws: `damaged` if not all rows are the vault's, and then nothing has changed; `inputOutput` where the vault
    ///   can't be written.
    func convert(now: Int64) throws(VaultError) {
        guard openedHeader.format < .current else { return }
        guard try read().header.record.format < .current else { return }
        let event = AuditEvent(.converted, "", .format(Int64(VaultFormat.current.rawValue)))
        let next = try database.commit {
            () throws(VaultError) -> PreparedCommit<(header: HeaderRecord, state: HeaderState)?> in
            let (header, snapshot) = try read(.everything)
            guard header.record.format < .current else {
                return PreparedCommit(changes: nil, tag: header.record.tag, result: nil)
            }
            try compare(snapshot, with: header.state)
            let resealing = try resealed(snapshot, header.state, appending: [event], now: now)
            let next = sealer.header(
                resealing.state,
                slots: header.record.slots,
                after: header.record,
                raisesGeneration: false,
                now: now
            )
            return PreparedCommit(
                changes: resealing.changes + [.putHeader(next)],
                tag: header.record.tag,
                result: (next, resealing.state)
            )
        }
        guard let next else { return }
        report.mark(next.header, next.state, sealer, mark)
        report([event], AuditTrail.Head(next.state.changes))
    }

    /// All records in the present format, under the same key.
    ///
    /// - Throws: `damaged` for a box that doesn't open.
    func resealed(_ snapshot: Snapshot, _ state: HeaderState, appending events: [AuditEvent], now: Int64)
        throws(VaultError) -> Resealing
    {
        do throws(CryptoError) {
            return try Resealing(snapshot, state, from: sealer, to: sealer, appending: events, now: now)
        } catch {
            throw .damaged(.boxUnreadable)
        }
    }
}
