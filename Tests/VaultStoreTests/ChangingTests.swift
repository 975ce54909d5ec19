import Foundation
import Testing
import VaultTestSupport

@testable import VaultStore

/// Changes: compared first, all or nothing, and there whatever happens to the writer.
@Suite(.onItsOwnThread) struct ChangingTests {
    let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    @Test func `of two changes based on one state the second is refused`() throws {
        let first = try folder.vault()
        let second = try folder.reopen()
        try first.commit([.putHeader(Sample.header(tag: 2, generation: 2))], expecting: Sample.tag)
        let change: [Mutation] = [.putHeader(Sample.header(tag: 3)), .putApplication(Sample.application(2))]
        #expect(failure { try second.commit(change, expecting: Sample.tag) } == .changedMeanwhile)
        #expect(try second.read(.everything).header == Sample.header(tag: 2, generation: 2))
        #expect(try second.read(.everything).applications == [Sample.application()])
        try second.commit(change, expecting: Sample.bytes(32, 2))
        #expect(try first.read().header == Sample.header(tag: 3))
    }

    @Test func `tokens don't disturb each other`() throws {
        let first = try folder.vault()
        let second = try folder.reopen()
        try first.commit([.putToken(Sample.token(1))], expecting: Sample.tag)
        try second.commit([.putToken(Sample.token(2))], expecting: Sample.tag)
        #expect(try first.read(.everything).tokens == [Sample.token(1), Sample.token(2)])
    }

    @Test func `a token isn't stored against another header, nor for an application that has gone`() throws {
        let database = try folder.vault()
        let token: [Mutation] = [.putToken(Sample.token(1, of: 2))]
        #expect(failure { try database.commit(token, expecting: Sample.tag) } == .changedMeanwhile)
        #expect(
            failure { try database.commit([.putToken(Sample.token())], expecting: Sample.bytes(32, 9)) }
                == .changedMeanwhile
        )
        #expect(try database.read(.everything).tokens.isEmpty)
    }

    @Test func `anything but tokens needs a new header`() throws {
        let database = try folder.vault()
        let change = Mutation.putApplication(Sample.application(2))
        let refusal = StoreError.unacceptableRecord(.headerMissing)
        #expect(failure { try database.commit([change], expecting: Sample.tag) } == refusal)
        #expect(
            failure { try database.commit([change, .putHeader(Sample.header())], expecting: Sample.tag) } == refusal
        )
    }

    @Test func `a name is given once, and the rest of the change isn't written`() throws {
        let database = try folder.vault()
        let change: [Mutation] = [
            .putHeader(Sample.header(tag: 2)), .putApplication(Sample.application(2)),
            .putApplication(Sample.application(3, name: 1)),
        ]
        #expect(failure { try database.commit(change, expecting: Sample.tag) } == .nameExists)
        #expect(try database.read(.everything).applications == [Sample.application()])
        #expect(try database.read().header == Sample.header())
    }

    @Test func `tokens are synced fully, everything else with its folder`() throws {
        let database = try folder.vault()
        try database.commit([.putToken(Sample.token())], expecting: Sample.tag)
        #expect(try database.setting("synchronous") == 2)
        try database.commit([.putHeader(Sample.header(tag: 2)), .removeAllTokens], expecting: Sample.tag)
        #expect(try database.setting("synchronous") == 3)
    }

    @Test func `what is changed stands in a journal until it is committed`() throws {
        do { _ = try folder.vault() }
        var connection = try Connection.open(.find(folder("vault.db")), writing: true, patience: .zero)
        try connection.configureJournal()
        try connection.transaction(.writing) { (connection: inout Connection) throws(StoreError) in
            #expect(!Files.exists(folder("vault.db-journal")))
            try connection.apply(.putToken(Sample.token()))
            // Otherwise a kill amid the writing would leave half of it.
            #expect(Files.exists(folder("vault.db-journal")))
        }
        #expect(!Files.exists(folder("vault.db-journal")))
    }

    @Test func `what was removed is not in the file any more`() throws {
        let canary = Array("a canary that sings in no free page ".utf8)
        var record = Sample.application(2)
        record.secret = (0..<20).flatMap { _ in canary }
        let database = try folder.vault("vault.db", [.putApplication(record), .putApplication(Sample.application(3))])
        func isInFile() throws -> Bool {
            try Data(contentsOf: URL(fileURLWithPath: folder("vault.db"))).range(of: Data(canary)) != nil
        }
        #expect(try isInFile())
        try database.commit(
            [.putHeader(Sample.header(tag: 2)), .removeApplication(id: record.id)],
            expecting: Sample.tag
        )
        #expect(try !isInFile())
    }

    @Test func `many threads may share one vault`() async throws {
        let database = try folder.vault()
        try await withThrowingTaskGroup { group in
            for thread: UInt8 in 1...4 {
                group.addTask {
                    for token in 0..<10 {
                        let record = Sample.token(thread * 10 + UInt8(token))
                        try database.commit([.putToken(record)], expecting: Sample.tag)
                        _ = try database.read(.everything)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try database.read(Query(counts: true)).counts?.tokens == 40)
    }
}

/// Other processes: busy, and killed.
@Suite(.onItsOwnThread, .enabled(if: Python.isThere, "python3 is the other process")) struct OtherProcessTests {
    let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    /// Begins a transaction, writes so much that pages reach the file, and waits to be killed.
    private static let writer = """
        import sqlite3, sys, time
        connection = sqlite3.connect(sys.argv[1], isolation_level=None)
        connection.execute("pragma cache_size = 2")
        connection.execute("begin exclusive")
        connection.execute("update header set generation = 99, tag = zeroblob(32)")
        connection.execute("delete from application")
        for number in range(200):
            connection.execute("insert into application values (randomblob(16), randomblob(32), randomblob(4000), randomblob(4000))")
        print("writing", flush=True)
        time.sleep(3600)
        """

    @Test func `a vault that another process is about to write can be read, and is busy for writers`() throws {
        let database = try folder.vault()
        let impatient = try folder.reopen(patience: .milliseconds(20))
        let holder = try Child(
            """
            import sqlite3, sys, time
            connection = sqlite3.connect(sys.argv[1], isolation_level=None)
            connection.execute("begin immediate")
            print("locked", flush=True)
            time.sleep(3600)
            """,
            [folder("vault.db")]
        )
        try holder.waits(for: "locked")
        let token: [Mutation] = [.putToken(Sample.token())]
        #expect(failure { try impatient.commit(token, expecting: Sample.tag) } == .busy(path: folder("vault.db")))
        #expect(try impatient.read().header == Sample.header())
        holder.kill()
        try impatient.commit(token, expecting: Sample.tag)
        #expect(try database.read(.everything).tokens == [Sample.token()])
    }

    @Test func `a vault that another process writes is busy`() throws {
        let database = try folder.vault()
        let impatient = try folder.reopen(patience: .milliseconds(20))
        let writer = try Child(Self.writer, [folder("vault.db")])
        try writer.waits(for: "writing")
        let busy = StoreError.busy(path: folder("vault.db"))
        #expect(failure { try impatient.read() } == busy)
        #expect(failure { try impatient.commit([.removeAllTokens], expecting: Sample.tag) } == busy)
        #expect(failure { try folder.reopen(patience: .milliseconds(20)) } == busy)
        writer.kill()
        #expect(try database.read().header == Sample.header())
    }

    @Test func `within a call no lock is waited for beyond its end`() throws {
        // A patience that outlasts the test's own: only the deadline ends the wait.
        do { _ = try folder.vault() }
        let database = try folder.reopen(patience: .seconds(100_000))
        let writer = try Child(Self.writer, [folder("vault.db")])
        try writer.waits(for: "writing")
        let found = failure {
            try VaultDatabase.waiting(until: .now + .milliseconds(20)) { () throws(StoreError) in try database.read() }
        }
        #expect(found == .busy(path: folder("vault.db")))
        writer.kill()
        #expect(try database.read().header == Sample.header())
    }

    @Test func `a writer that is killed leaves the state before`() throws {
        do { _ = try folder.vault() }
        let before = try folder.reopen().read(.everything)
        let size = try Data(contentsOf: URL(fileURLWithPath: folder("vault.db"))).count
        let writer = try Child(Self.writer, [folder("vault.db")])
        try writer.waits(for: "writing")
        writer.kill()
        // Otherwise nothing was to be undone.
        #expect(Files.exists(folder("vault.db-journal")))
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder("vault.db"))).count > size)

        let database = try folder.reopen()
        #expect(try database.read(.everything) == before)
        try database.checkStructure()
        #expect(!Files.exists(folder("vault.db-journal")))
    }

    @Test func `what a killed writer left can't be undone by a reader, who says so`() throws {
        do { _ = try folder.vault() }
        let writer = try Child(Self.writer, [folder("vault.db")])
        try writer.waits(for: "writing")
        writer.kill()
        #expect(failure { try folder.reopen(forWriting: false) } == .leftOverJournal(path: folder("vault.db")))
        #expect(try folder.reopen().read().header == Sample.header())
        #expect(try folder.reopen(forWriting: false).read().header == Sample.header())
    }

    @Test(.enabled(if: geteuid() != 0, "root writes everywhere"))
    func `what a killed writer left in a folder that became read-only is refused`() throws {
        do { _ = try folder.vault() }
        let writer = try Child(Self.writer, [folder("vault.db")])
        try writer.waits(for: "writing")
        writer.kill()
        try Files.setMode(folder.path, 0o500)
        #expect(failure { try folder.reopen() } == .leftOverJournal(path: folder("vault.db")))
    }

    @Test func `a vault whose making was killed is none, and can be made`() throws {
        try folder.file("vault.db", [])
        let maker = try Child(
            """
            import sqlite3, sys, time
            connection = sqlite3.connect(sys.argv[1], isolation_level=None)
            connection.executescript("pragma cache_size = 2; begin exclusive; create table header (x);")
            for number in range(200):
                connection.execute("insert into header values (randomblob(4000))")
            print("making", flush=True)
            time.sleep(3600)
            """,
            [folder("vault.db")]
        )
        try maker.waits(for: "making")
        maker.kill()
        #expect(failure { try folder.reopen() } == .noVault(path: folder("vault.db")))
        #expect(try folder.vault().read().header == Sample.header())
    }
}
