import Foundation
import Testing
import VaultTestSupport

@testable import VaultStore

/// What is refused before a vault is used, and what is not.
@Suite(.onItsOwnThread, .enabled(if: Python.isThere, "python3 edits the vaults")) struct OpeningTests {
    let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private func edited(_ statements: String) throws -> StoreError? {
        do { _ = try folder.vault() }
        try Python.edit(folder("vault.db"), statements)
        return failure { try folder.reopen() }
    }

    private func damage(_ statements: String) throws -> String? {
        guard case .damaged(folder("vault.db"), let what) = try edited(statements) else { return nil }
        return what.words
    }

    @Test func `a new vault is one file, 0600, in rollback mode, under our numbers`() throws {
        let database = try folder.vault()
        #expect(!database.isReadOnly)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["vault.db"])
        #expect(try Files.mode(of: folder("vault.db")) == 0o600)
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder("vault.db"))))
        #expect(bytes[18...19] == [1, 1])
        #expect(bytes[68..<72] == [0x49, 0x56, 0x4C, 0x54])
        #expect(bytes[60..<64] == [0, 0, 0, 2])
        try database.checkStructure()
    }

    @Test func `an empty file is no vault yet, and can become one`() throws {
        try folder.file("vault.db", [])
        #expect(failure { try folder.reopen() } == .noVault(path: folder("vault.db")))
        #expect(try folder.vault().read().header == Sample.header())
    }

    @Test func `a database without a schema is no vault yet, and can become one`() throws {
        try folder.file("vault.db", [])
        try Python.edit(folder("vault.db"), "create table t (x); drop table t;")
        #expect(failure { try folder.reopen() } == .noVault(path: folder("vault.db")))
        #expect(try folder.vault().read().header == Sample.header())
    }

    @Test func `a vault is never made over another`() throws {
        let first = try folder.vault()
        #expect(failure { try folder.vault() } == .vaultExists(path: folder("vault.db")))
        #expect(try first.read().header == Sample.header())
    }

    @Test func `a vault isn't made without header, slot, or with a record that doesn't fit`() throws {
        var bad = Sample.application(2)
        bad.secret = []
        for contents: [Mutation] in [
            [.putSlot(Sample.slot())], [.putHeader(Sample.header())], Sample.contents + [.putApplication(bad)],
        ] {
            let file = try VaultFile.prepare(folder("vault.db"))
            #expect(failure { try VaultDatabase.create(file, contents) } != nil)
            #expect(failure { try folder.reopen() } == .noVault(path: file.path))
        }
    }

    @Test func `a vault that can't be made leaves nothing`() throws {
        let file = try VaultFile.prepare(folder("vault.db"))
        #expect(failure { try VaultDatabase.create(file, [.putSlot(Sample.slot())]) } != nil)
        #expect(failure { try VaultDatabase.write([.putSlot(Sample.slot())], toNew: folder("copy")) } != nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }

    @Test func `a new vault doesn't take up the journal of one that has gone`() throws {
        // A writer that died: its journal would undo what is written in the file's place.
        do { _ = try folder.vault() }
        let script = """
            import os, sqlite3, sys
            db = sqlite3.connect(sys.argv[1], isolation_level=None)
            db.executescript("pragma cache_size = 1; begin immediate; create table x (y);")
            for number in range(200): db.execute("insert into x values (randomblob(4000))")
            os._exit(0)
            """
        try Python.run(script, folder("vault.db"))
        let journal = folder("vault.db-journal")
        try #require(Files.exists(journal))
        try FileManager.default.removeItem(atPath: folder("vault.db"))
        #expect(
            failure { try VaultDatabase.write(Sample.contents, toNew: folder("vault.db")) }
                == .vaultExists(path: journal)
        )
        let made = try folder.vault()
        #expect(try made.read().header == Sample.header() && !Files.exists(journal))
        try made.checkStructure()
    }

    @Test func `a copy takes nobody's place, be it an empty file's`() throws {
        let path = try folder.file("copy", [])
        #expect(failure { try VaultDatabase.write(Sample.contents, toNew: path) } == .vaultExists(path: path))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["copy"])
    }

    @Test func `a planted trigger is damage, and never runs`() throws {
        let what = try damage("create trigger planted after insert on token begin delete from application; end;")
        #expect(what == "the trigger planted isn't ours")
    }

    @Test func `a trigger that is planted while the vault is open doesn't run either`() throws {
        let database = try folder.vault()
        try Python.edit(
            folder("vault.db"),
            "create trigger planted after insert on token begin delete from application; end;"
        )
        let change = Mutation.putToken(Sample.token())
        #expect(failure { try database.commit([change], expecting: Sample.tag) }?.category == .damaged)
        #expect(failure { try database.read() }?.category == .damaged)
        try Python.edit(folder("vault.db"), "drop trigger planted")
        #expect(try database.read(.everything).applications == [Sample.application()])
    }

    /// A journal with nothing to undo that names a file for SQLite to delete (Database File Format, §3).
    private func plantJournal(naming victim: String) throws {
        let magic: [UInt8] = [0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7]
        func bigEndian(_ number: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }
        let pages = try Data(contentsOf: URL(fileURLWithPath: folder("vault.db"))).count / 4096
        var journal = magic + [0, 1, pages, 512, 4096].flatMap(bigEndian)
        journal += [UInt8](repeating: 0, count: 512 - journal.count)
        let name = Array(victim.utf8)
        journal += bigEndian(0x4000_0000 / 4096 + 1) + name + bigEndian(name.count)
        journal += bigEndian(name.reduce(0) { $0 + Int($1) }) + magic
        try folder.file("vault.db-journal", journal)
    }

    @Test func `a planted journal deletes no other file`() throws {
        do { _ = try folder.vault() }
        let victim = try folder.file("victim")
        try plantJournal(naming: victim)
        let what = "its journal, \(folder("vault.db-journal")), names another file, which would be deleted"
        #expect(VaultStoreTests.damage { try folder.reopen() } == what)
        #expect(VaultStoreTests.damage { try folder.reopen(forWriting: false) } == what)
        #expect(Files.exists(victim))
    }

    @Test func `a journal that is planted while the vault is open deletes nothing either`() throws {
        let database = try folder.vault()
        let victim = try folder.file("victim")
        try plantJournal(naming: victim)
        #expect(failure { try database.read() }?.category == .damaged)
        #expect(failure { try database.commit([.removeAllTokens], expecting: Sample.tag) }?.category == .damaged)
        #expect(Files.exists(victim))
    }

    @Test(arguments: [
        ("create table extra (x)", "the table extra isn't ours"),
        ("create view extra as select 1", "the view extra isn't ours"),
        ("create index extra on token (box)", "the index extra isn't ours"),
        ("drop index token_expires", "the index token_expires is missing"),
        ("drop table token", "the table token is missing"),
        ("pragma user_version = 0", "there is no format 0"),
        ("pragma user_version = -1", "there is no format -1"),
        (
            "update sqlite_schema set sql = replace(sql, '= 16', '= 17') where name = 'slot'",
            "the table slot isn't as it was made"
        ),
    ])
    func `a schema that isn't ours to the letter is damage, and named`(_ statement: String, _ what: String) throws {
        #expect(try damage(statement) == what)
    }

    @Test func `a planted name can't speak to the terminal`() throws {
        let what = try #require(try damage("create table \"\u{1B}[31m\(String(repeating: "x", count: 200))é\" (x)"))
        #expect(what.hasPrefix("the table ?[31mxxx"))
        #expect(what.utf8.count < 120)
    }

    @Test func `a header row that is missing is damage`() throws {
        _ = try edited("delete from header")
        #expect(VaultStoreTests.damage { try folder.reopen().read() }?.contains("header") == true)
        #expect(failure { try folder.reopen().commit([], expecting: Sample.tag) }?.category == .damaged)
    }

    @Test(arguments: [
        "update header set tag = x'00'", "update header set generation = 0", "update header set slots = zeroblob(49)",
        "update header set slots = zeroblob(96)", "update header set state = zeroblob(100000)",
        "update header set created = -1",
        "update slot set kind = 'KEY'", "update slot set salt = zeroblob(65)", "update slot set wrapped_key = x'00'",
        "update application set secret = x'00'", "update application set metadata = zeroblob(2000000)",
        "update application set metadata = zeroblob(6000000)",
        "insert into token values (zeroblob(32), zeroblob(16), -1, zeroblob(40))",
        "insert into token values (zeroblob(31), zeroblob(16), 1, zeroblob(40))",
        """
        with recursive n(x) as (select 1 union all select x + 1 from n where x < 100000)
        insert into slot select randomblob(16), 'key-file', 1, x'', x'', zeroblob(32), zeroblob(40) from n
        """,
    ])
    func `a row that the format doesn't allow is damage, whoever wrote it`(_ statement: String) throws {
        #expect(try edited(statement) == nil)
        #expect(VaultStoreTests.damage { try folder.reopen().read(.everything) } != nil)
    }

    @Test func `another program's database is not a vault`() throws {
        try folder.file("vault.db", [])
        try Python.edit(folder("vault.db"), "create table theirs (x)")
        #expect(failure { try folder.reopen() } == .notAVault(path: folder("vault.db")))
        #expect(failure { try folder.vault() } == .notAVault(path: folder("vault.db")))
        try Python.edit(folder("vault.db"), "drop table theirs; pragma application_id = 7")
        #expect(failure { try folder.reopen() } == .notAVault(path: folder("vault.db")))
    }

    @Test func `a newer format is refused by its number`() throws {
        #expect(try edited("pragma user_version = 3") == .newerFormat(path: folder("vault.db"), format: 3))
    }

    @Test func `write-ahead mode is damage, and nothing is made beside the file`() throws {
        _ = try folder.vault()
        try Python.edit(folder("vault.db"), "pragma journal_mode = wal")
        #expect(VaultStoreTests.damage { try folder.reopen() } == "its header doesn't say rollback journal")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["vault.db"])
    }

    // A single byte is no garbage: SQLite itself writes one on file systems that can't lock an empty file.
    @Test(arguments: [2, 19, 100, 4096, 20_000])
    func `garbage of any length is damage`(_ count: Int) throws {
        try folder.file("vault.db", (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        #expect(VaultStoreTests.damage { try folder.reopen() } != nil)
        #expect(VaultStoreTests.damage { try folder.vault() } != nil)
    }

    @Test func `a vault that was cut short is damage, at every page`() throws {
        do { _ = try folder.vault() }
        let whole = try Data(contentsOf: URL(fileURLWithPath: folder("vault.db")))
        for count in stride(from: 4096, to: whole.count, by: 4096) {
            try folder.file("vault.db", [UInt8](whole.prefix(count)))
            #expect(VaultStoreTests.damage { try folder.reopen().checkStructure() } != nil)
        }
    }

    @Test func `a vault that was replaced under an open connection isn't written into`() throws {
        let database = try folder.vault()
        _ = try folder.vault("other.db")
        try Files.rename(folder("other.db"), to: folder("vault.db"))
        let refusal = StoreError.replaced(path: folder("vault.db"))
        #expect(failure { try database.read() } == refusal)
        #expect(failure { try database.commit([.removeAllTokens], expecting: Sample.tag) } == refusal)
    }

    @Test func `a vault opened for reading isn't written`() throws {
        do { _ = try folder.vault() }
        let database = try folder.reopen(forWriting: false)
        #expect(database.isReadOnly)
        #expect(try database.read().header == Sample.header())
        #expect(
            failure { try database.commit([.removeAllTokens], expecting: Sample.tag) }
                == .readOnly(path: folder("vault.db"))
        )
    }

    @Test(
        .enabled(if: geteuid() != 0, "root writes everywhere"),
        arguments: [(0o500, 0o600), (0o700, 0o400), (0o500, 0o400)] as [(mode_t, mode_t)]
    )
    func `where folder or file can't be written, the vault can be read`(_ ofFolder: mode_t, _ ofFile: mode_t) throws {
        do { _ = try folder.vault() }
        try Files.setMode(folder("vault.db"), ofFile)
        try Files.setMode(folder.path, ofFolder)
        let database = try folder.reopen()
        #expect(database.isReadOnly)
        #expect(try database.read().header == Sample.header())
        #expect(
            failure { try database.commit([.removeAllTokens], expecting: Sample.tag) }
                == .readOnly(path: folder("vault.db"))
        )
    }

    @Test(.enabled(if: geteuid() != 0, "root reads everything"))
    func `a vault that can't be read is a matter of permissions`() throws {
        do { _ = try folder.vault() }
        try Files.setMode(folder("vault.db"), 0)
        #expect(failure { try folder.reopen() }?.category == .configuration)
    }

    @Test func `SQLite is set as a vault wants it`() throws {
        let database = try folder.vault()
        for opened in [database, try folder.reopen(), try folder.reopen(forWriting: false)] {
            #expect(try opened.isReadOnly || opened.setting("synchronous") == 3)
            #expect(try opened.setting("foreign_keys") == 1)
            #expect(try opened.setting("trusted_schema") == 0)
            #expect(try opened.setting("cell_size_check") == 1)
            #expect(try opened.setting("temp_store") == 2)
            #expect(try opened.setting("secure_delete") == 1)
        }
    }
}
