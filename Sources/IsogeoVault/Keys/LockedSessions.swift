internal import VaultCrypto
internal import VaultKeys
internal import VaultStore

/// The sessions of a vault that isn't open yet.
struct LockedSessions {
    /// The longest that a session lasts, in seconds: 30 days.
    static let limit: Int64 = 30 * 86_400

    private var rows: [SessionRecord] = []
    private var context: RecordContext?
    /// The ids of the slots that match the header.
    private var slots: [[UInt8]] = []

    /// None.
    init() {}

    init(_ snapshot: Snapshot, now: Int64) {
        // The kernel drops a session's key in time, and at a restart. The row's end refuses a process that has kept a
        // copy of the key. An end that is further off than any session lasts was written under a wrong clock.
        rows = snapshot.sessions.filter { $0.expires > now && $0.expires - now <= Self.limit }
        context = RecordContext(vault: snapshot.vault, keyEpoch: snapshot.header.keyEpoch)
        let entries = snapshot.header.slots.entries
        slots = snapshot.slots.map(KeySlot.init).map(\.digestEntry).filter(entries.contains).map(\.id)
    }

    /// Opens the vault by a session; nil where none does, for whatever reason: a key opens it then.
    ///
    /// A session opens nothing once the slot is gone by which the vault was opened when it began.
    func open() -> Unlocked? {
        guard let context else { return nil }
        for row in rows {
            let name = SessionName(row.id, of: context.vault)
            guard let key = try? SessionKey.kept(byKernelAs: name) else { continue }
            guard let unlocked = try? row.opened(with: key, context), slots.contains(unlocked.slot) else { continue }
            return unlocked
        }
        return nil
    }
}

extension Snapshot {
    /// Which vault it is of.
    var vault: VaultIdentity { VaultIdentity(format: RecordContext.slotVersion, id: header.vaultID) }
}

extension SessionRecord {
    /// The row of a session: the slot that the vault was opened by, and the vault key, under the session's key.
    init(
        _ id: [UInt8],
        expires: Int64,
        openedBy slot: [UInt8],
        _ vaultKey: borrowing VaultKey,
        key: borrowing SessionKey,
        _ context: RecordContext
    ) {
        let plaintext = SecretBytes(capacity: slot.count + VaultKey.count) { (output: inout OutputSpan<UInt8>) in
            output.append(contentsOf: slot.span)
            vaultKey.bytes.withBytes { output.append(contentsOf: $0) }
        }
        let box = plaintext.withBytes { plaintext in
            key.sealing.seal(plaintext, padding: .none, authenticating: context.session(id, expires: expires))
        }
        self.init(id: id, expires: expires, box: box.combined)
    }

    fileprivate func opened(with key: borrowing SessionKey, _ context: RecordContext) throws(CryptoError) -> Unlocked {
        let plaintext = try key.sealing.open(
            SealedBox(combined: box),
            padding: .none,
            authenticating: context.session(id, expires: expires)
        )
        guard plaintext.count == 16 + VaultKey.count else { throw .malformedEncoding }
        let vaultKey = plaintext.withBytes(in: 16..<plaintext.count) { SecretBytes(copying: $0) }
        return Unlocked(
            vaultKey: try VaultKey(vaultKey),
            slot: plaintext.withBytes(in: 0..<16) { slot in slot.indices.map { slot[$0] } }
        )
    }
}
