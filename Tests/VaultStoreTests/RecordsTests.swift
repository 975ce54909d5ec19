import Foundation
import Testing
import VaultTestSupport

@testable import VaultStore

@Suite(.onItsOwnThread) struct RecordsTests {
    let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    @Test func `what was written is read, each record in one state of the vault`() throws {
        let database = try folder.vault(
            "vault.db",
            [.putApplication(Sample.application(2)), .putToken(Sample.token())]
        )
        let snapshot = try database.read(.everything)
        #expect(snapshot.header == Sample.header())
        #expect(snapshot.slots == [Sample.slot()])
        #expect(snapshot.applications == [Sample.application(1), Sample.application(2)])
        #expect(snapshot.tokens == [Sample.token()])
        let counts = try #require(snapshot.counts)
        #expect(counts.applications == 2 && counts.tokens == 1)
        #expect(counts.earliestExpiry == 1_700_003_600 && counts.latestExpiry == 1_700_003_600)
        let attributes = try FileManager.default.attributesOfItem(atPath: folder("vault.db"))
        #expect(counts.fileSize == attributes[.size] as? Int64)
        #expect(try folder.reopen().read(.everything) == snapshot)
    }

    @Test func `only what is wanted is read`() throws {
        let database = try folder.vault(
            "vault.db",
            [.putApplication(Sample.application(2)), .putToken(Sample.token(1)), .putToken(Sample.token(2, of: 2))]
        )
        let nothing = try database.read()
        #expect(nothing.applications.isEmpty && nothing.tokens.isEmpty && nothing.counts == nil)

        let named = try database.read(
            Query(applications: .named(tags: [Sample.bytes(32, 2)]), tokens: .ofApplicationsRead)
        )
        #expect(named.applications == [Sample.application(2)])
        #expect(named.tokens == [Sample.token(2, of: 2)])

        let identified = try database.read(
            Query(applications: .identified(id: Sample.bytes(16, 1)), tokens: .identified(id: Sample.bytes(32, 2)))
        )
        #expect(identified.applications == [Sample.application(1)])
        #expect(identified.tokens == [Sample.token(2, of: 2)])

        #expect(try database.read(Query(tokens: .of(application: Sample.bytes(16, 1)))).tokens == [Sample.token(1)])
        #expect(try database.read(Query(applications: .named(tags: [Sample.bytes(32, 9)]))).applications.isEmpty)
        #expect(try database.read(Query(tokens: .identified(id: Sample.bytes(32, 9)))).tokens.isEmpty)
    }

    @Test func `a vault without tokens has no expiry`() throws {
        let counts = try #require(try folder.vault().read(Query(counts: true)).counts)
        #expect(counts.applications == 1 && counts.tokens == 0)
        #expect(counts.earliestExpiry == nil && counts.latestExpiry == nil)
    }

    @Test func `the memory that many changes take is given back, whether they are written or not`() throws {
        let database = try folder.vault()
        let usual = try database.setting("cache_size")
        let changes = (0..<501).map { number in
            var token = Sample.token()
            token.id = Sample.bytes(30, 0) + [UInt8(number >> 8), UInt8(number & 0xFF)]
            return Mutation.putToken(token)
        }
        #expect(throws: StoreError.changedMeanwhile) {
            try database.commit(changes, expecting: Sample.bytes(32, 9))
        }
        #expect(try database.setting("cache_size") == usual)
        try database.commit(changes, expecting: Sample.tag)
        #expect(try database.setting("cache_size") == usual)
        #expect(try database.read(Query(counts: true)).counts?.tokens == 501)
    }

    @Test func `an application that is replaced keeps its tokens, one that is removed doesn't`() throws {
        let database = try folder.vault("vault.db", [.putToken(Sample.token())])
        try database.commit(
            [.putHeader(Sample.header(tag: 2)), .putApplication(Sample.application(1, name: 3, secret: 4))],
            expecting: Sample.tag
        )
        let replaced = try database.read(.everything)
        #expect(replaced.applications == [Sample.application(1, name: 3, secret: 4)])
        #expect(replaced.tokens == [Sample.token()])

        try database.commit(
            [.putHeader(Sample.header(tag: 3)), .removeApplication(id: Sample.bytes(16, 1))],
            expecting: Sample.bytes(32, 2)
        )
        let removed = try database.read(.everything)
        #expect(removed.applications.isEmpty && removed.tokens.isEmpty)
    }

    @Test func `a slot is added, replaced and removed`() throws {
        let database = try folder.vault()
        var second = Sample.slot(2)
        try database.commit(
            [.putHeader(Sample.header(tag: 2, slots: [1, 2])), .putSlot(second)],
            expecting: Sample.tag
        )
        second.wrappedKey = Sample.bytes(72, 44)
        try database.commit(
            [.putHeader(Sample.header(tag: 3, slots: [2])), .putSlot(second), .removeSlot(id: Sample.bytes(16, 1))],
            expecting: Sample.bytes(32, 2)
        )
        #expect(try database.read().slots == [second])
        #expect(try database.read().header == Sample.header(tag: 3, slots: [2]))
    }

    @Test func `tokens are removed by id, application, expiry, and all`() throws {
        let tokens = [
            Sample.token(1, expires: 100), Sample.token(2, expires: 101), Sample.token(3, expires: 102),
            Sample.token(4, of: 2, expires: 102), Sample.token(5, of: 2, expires: 103),
        ]
        let database = try folder.vault(
            "vault.db",
            [.putApplication(Sample.application(2))] + tokens.map(Mutation.putToken)
        )
        func remaining(_ change: Mutation) throws -> [UInt8?] {
            try database.commit([change], expecting: Sample.tag)
            return try database.read(.everything).tokens.map(\.id.first)
        }
        #expect(try remaining(.removeTokensExpired(at: 101)) == [3, 4, 5])
        #expect(try remaining(.removeToken(id: Sample.bytes(32, 5))) == [3, 4])
        #expect(try remaining(.removeTokenIfUnchanged(id: Sample.bytes(32, 3), box: Sample.bytes(1064, 1))) == [3, 4])
        #expect(try remaining(.removeTokenIfUnchanged(id: Sample.bytes(32, 3), box: Sample.bytes(1064, 9))) == [4])
        #expect(try remaining(.putToken(Sample.token(6))) == [4, 6])
        #expect(try remaining(.removeTokens(application: Sample.bytes(16, 2))) == [6])
        #expect(try remaining(.removeAllTokens) == [])
    }

    @Test func `a token is replaced by one of the same id`() throws {
        let database = try folder.vault("vault.db", [.putToken(Sample.token())])
        try database.commit([.putToken(Sample.token(1, expires: 7, box: 8))], expecting: Sample.tag)
        #expect(try database.read(.everything).tokens == [Sample.token(1, expires: 7, box: 8)])
    }

    @Test func `digests of slots have one order and one form`() throws {
        let low = SlotDigests.Entry(id: Sample.bytes(16, 1), digest: Sample.bytes(32, 9))
        let high = SlotDigests.Entry(id: Sample.bytes(16, 2), digest: Sample.bytes(32, 8))
        let digests = try #require(SlotDigests([high, low]))
        #expect(digests.entries == [low, high])
        #expect(digests.bytes == low.id + low.digest + high.id + high.digest)
        #expect(SlotDigests(bytes: digests.bytes) == digests)
        #expect(SlotDigests(bytes: high.id + high.digest + low.id + low.digest) == nil)
        #expect(SlotDigests(bytes: low.id + low.digest + low.id + low.digest) == nil)
        #expect(SlotDigests(bytes: []) == nil)
        #expect(SlotDigests(bytes: Sample.bytes(47, 1)) == nil)
        #expect(SlotDigests((0...16).map { SlotDigests.Entry(id: Sample.bytes(16, $0), digest: low.digest) }) == nil)
        #expect(SlotDigests([SlotDigests.Entry(id: [1], digest: low.digest)]) == nil)
    }
}

/// The schema's checks and those of reading must agree: what can be written can be read, and nothing else.
@Suite(.onItsOwnThread) struct BoundsTests {
    let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private let applications: [(WritableKeyPath<ApplicationRecord, [UInt8]>, ClosedRange<Int>)] = [
        (\.id, Bounds.id), (\.nameTag, Bounds.tag), (\.metadata, Bounds.metadata), (\.secret, Bounds.secret),
    ]
    private let slots: [(WritableKeyPath<SlotRecord, [UInt8]>, ClosedRange<Int>)] = [
        (\.id, Bounds.id), (\.parameters, Bounds.parameters), (\.salt, Bounds.salt), (\.commitment, Bounds.tag),
        (\.wrappedKey, Bounds.wrappedKey),
    ]
    private let headers: [(WritableKeyPath<HeaderRecord, [UInt8]>, ClosedRange<Int>)] = [
        (\.vaultID, Bounds.id), (\.state, Bounds.state),
    ]

    /// Whether the change is taken and then read; anything but a refusal as a record is an error of the test.
    private func isTaken(_ change: Mutation, in database: VaultDatabase) throws -> Bool {
        let before = try database.read()
        var header = before.header
        header.tag = before.header.tag.map { $0 &+ 1 }
        let isHeader = if case .putHeader = change { true } else { false }
        let refusal = failure {
            try database.commit(isHeader ? [change] : [.putHeader(header), change], expecting: before.header.tag)
            _ = try database.read(.everything)
        }
        guard let refusal else { return true }
        // A time is the clock's, and looked at before the schema does.
        #expect(refusal.category == .internal || refusal == .clockOutOfRange)
        #expect(try database.read() == before)
        return false
    }

    @Test func `an application's bytes fit the format to the last`() throws {
        let database = try folder.vault()
        for (index, (column, range)) in applications.enumerated() {
            for count in [range.lowerBound - 1, range.lowerBound, range.upperBound, range.upperBound + 1] {
                var record = Sample.application(UInt8(10 + index))
                record[keyPath: column] = Sample.bytes(count, UInt8(10 + index))
                #expect(try isTaken(.putApplication(record), in: database) == range.contains(count))
            }
        }
    }

    @Test func `a slot's bytes fit the format to the last`() throws {
        let database = try folder.vault()
        for (index, (column, range)) in slots.enumerated() {
            for count in [range.lowerBound - 1, range.lowerBound, range.upperBound, range.upperBound + 1]
            where count >= 0 {
                var record = Sample.slot(UInt8(10 + index))
                record[keyPath: column] = Sample.bytes(count, UInt8(10 + index))
                #expect(try isTaken(.putSlot(record), in: database) == range.contains(count))
            }
        }
    }

    @Test func `the header's bytes and numbers fit the format to the last`() throws {
        let database = try folder.vault()
        var tag: UInt8 = 100
        func header(_ change: (inout HeaderRecord) -> Void) throws -> Bool {
            tag += 1
            var record = Sample.header(tag: tag)
            change(&record)
            return try isTaken(.putHeader(record), in: database)
        }
        for (column, range) in headers {
            for count in [range.lowerBound - 1, range.lowerBound, range.upperBound, range.upperBound + 1] {
                #expect(try header { $0[keyPath: column] = Sample.bytes(count, 1) } == range.contains(count))
            }
        }
        for number in [0, 1, Int64.max] {
            #expect(try header { $0.keyEpoch = number } == (number > 0))
            #expect(try header { $0.generation = number } == (number > 0))
        }
        for time in [-1, 0, Bounds.time.upperBound, Bounds.time.upperBound + 1] {
            #expect(try header { $0.created = time } == Bounds.time.contains(time))
            #expect(try header { $0.changed = time } == Bounds.time.contains(time))
        }
        #expect(try !header { $0.tag = Sample.bytes(31, 1) })
    }

    @Test func `a token's bytes and expiry fit the format to the last`() throws {
        let database = try folder.vault()
        for count in [39, 40, Bounds.token.upperBound, Bounds.token.upperBound + 1, 5 << 20] {
            var record = Sample.token()
            record.box = Sample.bytes(count, 1)
            #expect(try isTaken(.putToken(record), in: database) == Bounds.token.contains(count))
        }
        for time in [-1, 0, Bounds.time.upperBound, Bounds.time.upperBound + 1] {
            #expect(try isTaken(.putToken(Sample.token(expires: time)), in: database) == Bounds.time.contains(time))
        }
        for count in [31, 33] {
            var record = Sample.token()
            record.id = Sample.bytes(count, 1)
            #expect(try !isTaken(.putToken(record), in: database))
        }
    }

    @Test(arguments: [
        "passphrase": true, "key-file": true, "a": true, String(repeating: "k", count: 32): true, "": false,
        "Keyring": false, "key file": false, "clé": false, "a\0b": false, String(repeating: "k", count: 33): false,
    ])
    func `a slot's kind is a short word in lower case`(_ kind: String, _ isOne: Bool) throws {
        #expect(Bounds.isKind(kind) == isOne)
        var record = Sample.slot(2)
        record.kind = kind
        let database = try folder.vault()
        let change: [Mutation] = [.putHeader(Sample.header(tag: 2, slots: [1, 2])), .putSlot(record)]
        let refusal = failure {
            try database.commit(change, expecting: Sample.tag)
            _ = try database.read()
        }
        #expect((refusal == nil) == isOne)
    }

    @Test func `there are one to sixteen slots`() throws {
        let database = try folder.vault()
        let many: [Mutation] = (1...16).map { .putSlot(Sample.slot($0)) }
        try database.commit([.putHeader(Sample.header(tag: 2, slots: Array(1...16)))] + many, expecting: Sample.tag)
        #expect(try database.read().slots.count == 16)

        let tooMany: [Mutation] = [.putHeader(Sample.header(tag: 3)), .putSlot(Sample.slot(17))]
        #expect(failure { try database.commit(tooMany, expecting: Sample.bytes(32, 2)) }?.category == .internal)
        let none: [Mutation] =
            [.putHeader(Sample.header(tag: 3))] + (1...16).map { .removeSlot(id: Sample.bytes(16, $0)) }
        #expect(failure { try database.commit(none, expecting: Sample.bytes(32, 2)) }?.category == .internal)
        #expect(try database.read().slots.count == 16)
    }
}
