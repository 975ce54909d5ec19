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

    /// How many entries each half keeps.
    static let limit: Int64 = 10_000

    /// Whether there are more entries than are kept.
    var isFull: Bool { newest - oldest >= Self.limit }

    init() {}

    init(_ decoder: inout CanonicalDecoder) throws(CryptoError) {
        oldest = try decoder.nextSignedNumber()
        beforeOldest = try decoder.next()
        newest = try decoder.nextSignedNumber()
        newestDigest = try decoder.next()
    }

    func append(to encoder: inout CanonicalEncoder) {
        encoder.append(oldest)
        encoder.append(beforeOldest)
        encoder.append(newest)
        encoder.append(newestDigest)
    }
}

/// How often a token of an application was requested on one day: the audit trail gets one entry for all of them.
struct RequestTally: Equatable, Sendable {
    let kind: AuditEvent.Kind
    /// The application's name.
    let subject: String
    /// When the first was, in seconds since 1970; so are all times here.
    let first: Int64
    var last: Int64
    var count: Int64 = 1
    /// The number of the newest change when the last was.
    var after: Int64

    /// How many are open at a time: beyond, the one that was used least recently gets its entry early.
    static let limit = 64

    init(_ event: AuditEvent, at now: Int64, after change: Int64) {
        kind = event.kind
        subject = event.subject
        first = now
        last = now
        after = change
    }

    init(_ decoder: inout CanonicalDecoder) throws(CryptoError) {
        kind = AuditEvent.Kind(rawValue: try decoder.nextText())
        subject = try decoder.nextText()
        first = try decoder.nextSignedNumber()
        last = try decoder.nextSignedNumber()
        count = try decoder.nextSignedNumber()
        after = try decoder.nextSignedNumber()
    }

    func append(to encoder: inout CanonicalEncoder) {
        encoder.append(kind.rawValue)
        encoder.append(subject)
        encoder.append(first)
        encoder.append(last)
        encoder.append(count)
        encoder.append(after)
    }

    /// Whether it counts this event at this time: the same day, UTC.
    func counts(_ event: AuditEvent, at now: Int64) -> Bool {
        kind == event.kind && subject == event.subject && isOfDay(now)
    }

    func isOfDay(_ now: Int64) -> Bool { first / 86_400 == now / 86_400 }

    /// The event of its entry.
    var event: AuditEvent { AuditEvent(kind, subject, count == 1 ? .none : .requests(count, since: first)) }
}
