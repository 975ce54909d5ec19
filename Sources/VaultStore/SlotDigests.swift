/// One digest per slot, in the order of their ids: what the header says of the slots.
package struct SlotDigests: Equatable, Sendable {
    package struct Entry: Equatable, Sendable {
        /// 16 bytes.
        package let id: [UInt8]
        /// 32 bytes.
        package let digest: [UInt8]

        package init(id: [UInt8], digest: [UInt8]) {
            self.id = id
            self.digest = digest
        }
    }

    private static let entryCount = 16 + 32

    /// From the lowest id to the highest.
    package let entries: [Entry]

    /// Puts the entries in order; nil where two have one id, one has another length, or their number isn't 1 … 16.
    package init?(_ entries: [Entry]) {
        let sorted = entries.sorted { $0.id.lexicographicallyPrecedes($1.id) }
        guard (1...SlotLimits.count).contains(sorted.count),
            sorted.allSatisfy({ $0.id.count == 16 && $0.digest.count == 32 }),
            zip(sorted, sorted.dropFirst()).allSatisfy({ $0.id != $1.id })
        else { return nil }
        self.entries = sorted
    }

    /// What `bytes` wrote; nil for anything else, another order included: each list has one form.
    package init?(bytes: [UInt8]) {
        guard bytes.count.isMultiple(of: Self.entryCount) else { return nil }
        let parts = stride(from: 0, to: bytes.count, by: Self.entryCount).map { start in
            Entry(id: Array(bytes[start..<start + 16]), digest: Array(bytes[start + 16..<start + Self.entryCount]))
        }
        guard let digests = SlotDigests(parts), digests.entries == parts else { return nil }
        self = digests
    }

    /// 48 bytes per entry: id and digest.
    package var bytes: [UInt8] { entries.flatMap { $0.id + $0.digest } }
}

/// How many slots there may be.
package enum SlotLimits {
    package static let count = 16
}
