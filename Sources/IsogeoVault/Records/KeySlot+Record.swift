internal import VaultKeys
internal import VaultStore

extension KeySlot {
    init(_ record: SlotRecord) {
        self.init(
            id: record.id,
            kind: Kind(rawValue: record.kind),
            created: record.created,
            parameters: record.parameters,
            salt: record.salt,
            commitment: record.commitment,
            wrappedKey: record.wrappedKey
        )
    }

    var record: SlotRecord {
        SlotRecord(
            id: id,
            kind: kind.rawValue,
            created: created,
            parameters: parameters,
            salt: salt,
            commitment: commitment,
            wrappedKey: wrappedKey
        )
    }

    var digestEntry: SlotDigests.Entry { SlotDigests.Entry(id: id, digest: digest) }
}
