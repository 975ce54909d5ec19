internal import VaultCrypto
internal import VaultStore

/// The content of the header's sealed box.
struct HeaderState: Equatable {
    /// The set hash of all application rows.
    var applications = SetHash()
    /// The row of the default application.
    var defaultApplication: [UInt8]?
    /// Both ends of the audit trail.
    var audit = AuditBounds()

    /// Version 1 had no audit trail.
    private static let version: UInt64 = 2

    var encoded: [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.append(Self.version)
        encoder.append(applications.bytes)
        encoder.append(defaultApplication ?? [])
        encoder.append(audit.oldest)
        encoder.append(audit.beforeOldest)
        encoder.append(audit.newest)
        encoder.append(audit.newestDigest)
        return encoder.bytes
    }

    init() {}

    init(encoded: [UInt8]) throws(CryptoError) {
        var decoder = CanonicalDecoder(encoded)
        let version = try decoder.nextNumber()
        guard (1...Self.version).contains(version) else { throw .malformedEncoding }
        applications = try SetHash(bytes: try decoder.next())
        let row = try decoder.next()
        guard row.isEmpty || row.count == 16 else { throw .malformedEncoding }
        defaultApplication = row.isEmpty ? nil : row
        if version >= 2 {
            audit.oldest = try decoder.nextSignedNumber()
            audit.beforeOldest = try decoder.next()
            audit.newest = try decoder.nextSignedNumber()
            audit.newestDigest = try decoder.next()
        }
        try decoder.finish()
    }
}

extension HeaderRecord {
    /// What the tag authenticates: the header without the tag.
    func authenticated(format: UInt64) -> [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.append("isogeo-vault header")
        encoder.append(format)
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
