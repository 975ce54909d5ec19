internal import VaultCrypto
internal import VaultStore

/// The content of the header's sealed box.
struct HeaderState: Equatable {
    /// What authenticates the application rows.
    enum Applications: Equatable {
        case tree(ApplicationTree.Summary)
        /// Of format 1: the sum of the digests of all rows.
        case sum(SetHash)
    }

    var applications = Applications.tree(ApplicationTree.Summary())
    /// The row of the default application.
    var defaultApplication: [UInt8]?
    /// The bounds of the audit trail, by halves.
    var changes = AuditBounds()
    var requests = AuditBounds()
    /// Today's requests, which have no entries yet.
    var tallies: [RequestTally] = []

    /// Versions 1, without an audit trail, and 2 are of format 1.
    private static let version: UInt64 = 3

    /// What is read of the rows at most.
    var limit: RowLimit {
        switch applications {
        case .tree(let summary): summary.limit
        case .sum: .none
        }
    }

    subscript(trail: Trail) -> AuditBounds {
        get { trail == .changes ? changes : requests }
        set { if trail == .changes { changes = newValue } else { requests = newValue } }
    }

    var encoded: [UInt8] {
        guard case .tree(let summary) = applications else { preconditionFailure("format 1 isn't written any more") }
        var encoder = CanonicalEncoder()
        encoder.append(Self.version)
        encoder.append(summary.count)
        encoder.append(summary.size)
        encoder.append(UInt64(summary.depth))
        encoder.append(summary.root)
        encoder.append(defaultApplication ?? [])
        for bounds in [changes, requests] { bounds.append(to: &encoder) }
        encoder.append(UInt64(tallies.count))
        for tally in tallies { tally.append(to: &encoder) }
        return encoder.bytes
    }

    init() {}

    init(encoded: [UInt8], format: VaultFormat) throws(CryptoError) {
        var decoder = CanonicalDecoder(encoded)
        let version = try decoder.nextNumber()
        guard (format == .first ? 1...2 : Self.version...Self.version).contains(version) else {
            throw .malformedEncoding
        }
        if format == .first {
            applications = .sum(try SetHash(bytes: try decoder.next()))
        } else {
            let summary = ApplicationTree.Summary(
                count: try decoder.nextSignedNumber(),
                size: try decoder.nextSignedNumber(),
                depth: Int(clamping: try decoder.nextNumber()),
                root: try decoder.next()
            )
            guard summary.count >= 0, summary.size >= 0, summary.depth <= ApplicationTree.greatestDepth,
                summary.root.count == KeyedHash.count
            else { throw .malformedEncoding }
            applications = .tree(summary)
        }
        let row = try decoder.next()
        guard row.isEmpty || row.count == 16 else { throw .malformedEncoding }
        defaultApplication = row.isEmpty ? nil : row
        if version >= 2 { changes = try AuditBounds(&decoder) }
        if version >= 3 {
            requests = try AuditBounds(&decoder)
            let count = try decoder.nextNumber()
            guard count <= RequestTally.limit else { throw .malformedEncoding }
            for _ in 0..<count { tallies.append(try RequestTally(&decoder)) }
        }
        try decoder.finish()
    }
}

extension HeaderRecord {
    /// What the tag authenticates: the header without the tag.
    var authenticated: [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.append("isogeo-vault header")
        encoder.append(format.rawValue)
        encoder.append(vaultID)
        encoder.append(created)
        encoder.append(changed)
        encoder.append(keyEpoch)
        encoder.append(generation)
        encoder.append(slots.bytes)
        encoder.append(state)
        return encoder.bytes
    }
}
