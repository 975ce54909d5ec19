internal import VaultCrypto

/// An entry of the audit trail, as its box holds it.
struct AuditEntry: Equatable, Sendable {
    /// Seconds since 1970.
    let time: Int64
    let event: AuditEvent
    /// The digest of the entry before; 32 zeros in the first one.
    let previous: [UInt8]

    private static let version: UInt64 = 1

    init(time: Int64, event: AuditEvent, previous: [UInt8]) {
        self.time = time
        self.event = event
        self.previous = previous
    }

    var encoded: [UInt8] {
        var encoder = CanonicalEncoder()
        encoder.append(Self.version)
        encoder.append(time)
        encoder.append(event.kind.rawValue)
        encoder.append(event.subject)
        encoder.append(event.data.encoded)
        encoder.append(previous)
        return encoder.bytes
    }

    init(encoded: [UInt8]) throws(CryptoError) {
        var decoder = CanonicalDecoder(encoded)
        guard try decoder.nextNumber() == Self.version else { throw .malformedEncoding }
        time = try decoder.nextSignedNumber()
        let kind = AuditEvent.Kind(rawValue: try decoder.nextText())
        let subject = try decoder.nextText()
        event = AuditEvent(kind, subject, AuditDetail(encoded: try decoder.nextText(), of: kind))
        previous = try decoder.next()
        try decoder.finish()
    }
}

/// Both ends of the audit trail, which the header authenticates.
struct AuditBounds: Equatable, Sendable {
    /// The number of the oldest entry that is kept, from 1; one more than `newest` when there is none.
    var oldest: Int64 = 1
    /// The digest of the entry before the oldest, which is gone.
    var beforeOldest = [UInt8](repeating: 0, count: KeyedHash.count)
    /// The number of the newest entry; 0 when there has been none.
    var newest: Int64 = 0
    var newestDigest = [UInt8](repeating: 0, count: KeyedHash.count)

    /// How many entries are kept.
    static let limit: Int64 = 10_000
}
