import Testing
import VaultTestSupport

@testable import VaultStore

@Suite(.onItsOwnThread) struct SessionRecordTests {
    let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private func session(_ number: UInt8, expires: Int64 = 1_700_000_100) -> SessionRecord {
        SessionRecord(id: Sample.bytes(16, number), expires: expires, box: Sample.bytes(88, number))
    }

    private func sessions(_ database: VaultDatabase) throws -> [SessionRecord] {
        try database.read(Query(sessions: true)).sessions
    }

    @Test func `a session is read where it is wanted, and is in no copy`() throws {
        let database = try folder.vault("vault.db", [.putSession(session(1)), .putSession(session(2, expires: 2))])
        #expect(try sessions(database) == [session(1), session(2, expires: 2)])
        #expect(try database.read().sessions.isEmpty)
        #expect(try database.read(.everything).sessions.isEmpty)
    }

    @Test func `a session goes into the vault with a new header, and out of it without one`() throws {
        let database = try folder.vault()
        #expect(throws: StoreError.self) { try database.commit([.putSession(session(1))], expecting: Sample.tag) }
        let tag = Sample.bytes(32, 2)
        try database.commit(
            [.putHeader(Sample.header(tag: 2))] + (1...4).map { .putSession(session($0, expires: Int64($0) * 100)) },
            expecting: Sample.tag
        )
        #expect(try sessions(database).count == 4)
        try database.commit([.removeSession(id: Sample.bytes(16, 4))], expecting: tag)
        #expect(try sessions(database).map(\.expires) == [300, 200, 100])
        try database.commit([.removeSessionsExpired(at: 200)], expecting: tag)
        #expect(try sessions(database).map(\.expires) == [300])
        try database.commit([.removeAllSessions], expecting: tag)
        #expect(try sessions(database).isEmpty)
    }

    @Test func `however many are planted, few are read: those that end last`() throws {
        let database = try folder.vault("vault.db", (1...20).map { .putSession(session($0, expires: Int64($0))) })
        #expect(try sessions(database).map(\.expires) == Array((13...20).reversed()))
    }
}
