import Foundation
import Testing
import VaultCrypto
import VaultKeys
import VaultStore
import VaultTestSupport

@testable import IsogeoVault

/// The audit trail: what it tells, how long it gets, and what is seen of those who edit it.
@Suite(.onItsOwnThread) struct AuditTrailTests {
    let world: VaultFixture

    init() throws { world = try VaultFixture() }

    private func story(_ vault: Vault) async throws -> [String] {
        try await vault.auditTrail().entries.map { entry in
            [entry.event.kind.rawValue, entry.event.subject, entry.event.detail].filter { !$0.isEmpty }
                .joined(separator: " ")
        }
    }

    /// The entries that are kept, by number: opening thousands of boxes takes its time.
    private func numbers(_ vault: Vault) throws -> [Int64] {
        try vault.contents.read(Query(log: .all)).snapshot.log.map(\.number)
    }

    /// Writes as many entries as are missing to `count`, in one transaction.
    private func fill(_ vault: Vault, to count: Int64) throws {
        let contents = try vault.contents
        let (header, snapshot) = try contents.read()
        var state = header.state
        let events = (state.changes.newest..<count).map { AuditEvent(.renamed, "new \($0)", .former("old")) }
        let entries = contents.sealer.auditEntries(events, &state, oldest: [], now: 1)
        let next = contents.sealer.header(state, slots: snapshot.header.slots, after: snapshot.header, now: 1)
        try contents.database.commit(entries + [.putHeader(next)], expecting: header.record.tag)
    }

    @Test func `what is done to a vault is told in its order, with its time`() async throws {
        let vault = try await world.makeVault()
        world.clock.advance(by: 5)
        try await vault.add(world.application("second"))
        try await vault.rename(.named("second"), to: .named("third"))
        try await vault.setDefault(.named("third"))
        _ = try await vault.token()
        try await vault.remove(.named("catalogue"))
        #expect(
            try await story(vault) == [
                "created", "imported catalogue", "imported second", "renamed third second", "default third",
                "token third", "removed catalogue",
            ]
        )
        let trail = try await vault.auditTrail()
        #expect(trail.entries.map(\.number) == [1, 2, 3, 4, 5, nil, 6])
        #expect(trail.head.number == 6)
        #expect(trail.entries.map { Int64($0.time.timeIntervalSince1970) - 1_900_000_000 } == [0, 0, 5, 5, 5, 5, 5])
    }

    @Test func `what isn't done isn't told`() async throws {
        let vault = try await world.makeVault()
        let application = try world.application()
        #expect(await failure { () async throws(VaultError) in try await vault.add(application) }?.code == .exists)
        let missing = try ApplicationName.named("missing")
        #expect(
            await failure { () async throws(VaultError) in try await vault.remove(missing) }?.code == .noApplication
        )
        #expect(try await story(vault) == ["created", "imported catalogue"])
    }

    @Test func `each entry names the one before, and the header names both ends`() async throws {
        let vault = try await world.makeVault()
        try await vault.add(world.application("second"))
        let contents = try vault.contents
        let (header, snapshot) = try contents.read(Query(log: .all))
        #expect(header.state.changes.oldest == 1 && header.state.changes.newest == 3)
        var before = [UInt8](repeating: 0, count: 32)
        #expect(header.state.changes.beforeOldest == before)
        for row in snapshot.log {
            #expect(try contents.sealer.auditEntry(row).previous == before)
            before = contents.sealer.digest(of: row)
        }
        #expect(header.state.changes.newestDigest == before)
    }

    @Test func `the ten thousandth entry is kept with all others, and each one more takes the oldest`() async throws {
        let vault = try await world.makeVault()
        try fill(vault, to: 9_999)
        try await vault.setDefault(.named("catalogue"))
        #expect(try numbers(vault) == Array(1...10_000))
        for newest in Int64(10_001)...10_003 {
            try await vault.setDefault(nil)
            #expect(try numbers(vault) == Array(newest - 9_999...newest))
        }
        // Whoever opens it anew finds the chain whole.
        let verification = try await world.open().verify()
        #expect(verification.findings.isEmpty && verification.auditEntries == 10_000)
    }

    @Test func `a trail that is too long gets shorter with the next changes`() async throws {
        let vault = try await world.makeVault()
        try fill(vault, to: 10_005)
        #expect(try numbers(vault) == Array(1...10_005))
        try await vault.setDefault(nil)
        #expect(try numbers(vault) == Array(7...10_006))
        #expect(try await vault.verify().findings.isEmpty)
    }

    @Test(
        .needsPython,
        arguments: [
            ("delete from log where number = 2", Verification.Finding.auditTrailHasGaps),
            ("delete from log where number = 1", .auditTrailHasGaps),
            ("delete from log where number = 4", .auditTrailHasGaps),
            ("delete from log", .auditTrailHasGaps),
            ("insert into log select 1, 5, box from log where number = 4", .auditTrailHasGaps),
            ("insert into log select 2, 1, box from log where number = 4", .auditTrailHasGaps),
            ("update log set box = zeroblob(length(box)) where number = 3", .auditTrailBroken(3)),
            ("update log set box = (select box from log where number = 2) where number = 3", .auditTrailBroken(3)),
        ]
    )
    func `an edited trail is damage, and no more than that`(_ edit: String, _ finding: Verification.Finding)
        async throws
    {
        do {
            let vault = try await world.makeVault()
            try await vault.setDefault(.named("catalogue"))
            try await vault.setDefault(nil)
        }
        try await world.edit(edit)
        let vault = try await world.open()
        #expect(try await vault.verify().findings == [finding])
        let error = await failure { () async throws(VaultError) in try await vault.auditTrail() }
        #expect(error?.code == .damaged && error?.sentence.contains(finding.sentence.dropLast()) == true)
        // The secret is of use all the same.
        #expect(try await vault.token().value == "token-1")
    }

    @Test func `an older trail that is put back doesn't pass for the newest`() async throws {
        let vault = try await world.makeVault()
        let old = try world.copy(to: "old.db")
        try await vault.export(.named("catalogue"), to: world.folder("out.json"))
        try await world.edit("delete from log; insert into log select * from other.log", other: old)
        #expect(try await vault.verify().findings == [.auditTrailHasGaps])
        // With as many entries of its own, too.
        let fork = try await Vault.open(at: old, unlocking: .keyFile(world.keyFile), dependencies: world.dependencies)
        try await fork.setDefault(.named("catalogue"))
        fork.close()
        try await world.edit("delete from log; insert into log select * from other.log", other: old)
        #expect(try await vault.verify().findings == [.auditTrailBroken(3)])
    }

    @Test func `requests are counted by application and day, and push nothing out`() async throws {
        let vault = try await world.makeVault()
        try await vault.add(world.application("other", id: "other"))
        // A day of requests, 2030-03-17, at 17:46:40 and each half hour.
        for _ in 0..<5 {
            _ = try await vault.token(for: .named("catalogue"), TokenOptions(refresh: true))
            world.clock.advance(by: 1800)
        }
        _ = try await vault.token(for: .named("other"), TokenOptions(refresh: true))
        let today = ["created", "imported catalogue", "imported other", "token catalogue 5 since 2030-03-17T17:46:40Z"]
        #expect(try await story(vault) == today + ["token other"])
        #expect(try numbers(vault) == [1, 2, 3])
        // The next day they get entries of their own, and the count begins anew.
        world.clock.advance(by: 86_400)
        _ = try await vault.token(for: .named("catalogue"), TokenOptions(refresh: true))
        #expect(try await story(vault) == today + ["token other", "token catalogue"])
        let rows = try vault.contents.read(Query(log: .all)).snapshot.log
        #expect(rows.map(\.trail) == [.changes, .changes, .changes, .requests, .requests])
        #expect(try await vault.verify().findings.isEmpty)
        #expect(try await vault.auditTrail().head.number == 3)
    }

    @Test func `a clock that was ahead holds back no later request`() async throws {
        let vault = try await world.makeVault()
        let name = try ApplicationName.named("catalogue")
        func request(after seconds: Int64) async throws {
            world.clock.set(1_900_000_000 + seconds)
            _ = try await vault.token(for: name, TokenOptions(refresh: true))
        }
        for day in [3650, 1, 2] as [Int64] { try await request(after: day * 86_400) }
        for day in [5, 6] as [Int64] {
            world.clock.set(1_900_000_000 + day * 86_400)
            try await vault.setDefault(name)
        }
        let token = "token catalogue"
        let changes = ["default catalogue", "default catalogue"]
        #expect(try await story(vault) == ["created", "imported catalogue", token, token, token] + changes)
    }

    @Test func `more applications than are counted at a time make entries, and no gap`() async throws {
        let vault = try await world.makeVault()
        let contents = try vault.contents
        let (header, _) = try contents.read()
        var state = header.state
        let events = (0..<200).map { AuditEvent(.tokenRequested, "application \($0)") }
        let entries = contents.sealer.auditEntries(events + events, &state, oldest: [], now: world.clock.now)
        #expect(state.tallies.count == 64 && entries.count == 400 - 64 && state.requests.newest == 400 - 64)
        let next = contents.sealer.header(state, slots: header.record.slots, after: header.record, now: 1)
        try contents.database.commit(entries + [.putHeader(next)], expecting: header.record.tag)
        #expect(try await vault.verify().findings.isEmpty)
        #expect(try await vault.auditTrail().entries.count == 402)
    }

    @Test func `a refused credential is an entry, too`() async throws {
        let vault = try await world.makeVault()
        world.server.willAnswer(.status(401, ""))
        let refused = await failure { () async throws(VaultError) in _ = try await vault.token() }
        #expect(refused?.code == .credentialRefused)
        #expect(try await story(vault) == ["created", "imported catalogue", "refused catalogue"])
    }

    @Test func `a trail that was noted is found again, and one that was cut or forked isn't`() async throws {
        let vault = try await world.makeVault()
        let noted = try await vault.auditTrail().head
        #expect(AuditTrail.Head("\(noted)") == noted && noted.number == 2)
        let old = try world.copy(to: "old.db")
        try await vault.export(.named("catalogue"), to: world.folder("out.json"))
        let later = try await vault.auditTrail().head
        for head in [noted, later] { #expect(try await vault.verify(expecting: head).findings.isEmpty) }
        let other = AuditTrail.Head(number: 2, digest: later.digest)
        #expect(try await vault.verify(expecting: other).findings == [.auditTrailForked(2)])
        vault.close()
        let content = try Data(contentsOf: URL(filePath: old))
        try world.folder.write(content, to: "vault.db")
        let rolledBack = try await world.open()
        #expect(try await rolledBack.verify(expecting: noted).findings.isEmpty)
        #expect(try await rolledBack.verify(expecting: later).findings == [.auditTrailCut(3)])
        // An entry of another kind in its place.
        try await rolledBack.setDefault(.named("catalogue"))
        #expect(try await rolledBack.verify(expecting: later).findings == [.auditTrailForked(3)])
        try fill(rolledBack, to: 10_005)
        try await rolledBack.setDefault(nil)
        #expect(try await rolledBack.verify(expecting: noted).findings == [.auditTrailForgot(2)])
    }

    @Test func `an end that was noted before a new key can't be compared, and no damage is claimed`() async throws {
        let noted = try await world.makeVault().auditTrail().head
        try await world.rekey()
        let findings = try await world.open().verify(expecting: noted).findings
        #expect(findings == [.auditTrailResealed(2)])
        #expect(findings.allSatisfy { !$0.isDamage })
        let present = try await world.open().auditTrail().head
        #expect(try await world.open().verify(expecting: present).findings.isEmpty)
    }

    @Test(arguments: ["", "1", "1:", ":", "-1:\(String(repeating: "0", count: 64))", "1:00", "x:y", "1:2:3"])
    func `what is no number and digest is no end of a trail`(_ text: String) {
        #expect(AuditTrail.Head(text) == nil)
    }

    @Test(.needsPython) func `a secret stays where the trail can't say that it leaves`() async throws {
        try await world.makeVault().close()
        let name = try ApplicationName.named("catalogue")
        let vault = try await world.open()
        let holder = try Command(
            "python3",
            [
                "-c",
                """
                import sqlite3, sys, time
                connection = sqlite3.connect(sys.argv[1], isolation_level=None)
                connection.execute("begin immediate")
                print("locked", flush=True)
                time.sleep(3600)
                """,
                world.path,
            ]
        ).start()
        try await holder.expect("locked")
        let busy = try await Vault.open(
            at: world.path,
            unlocking: .keyFile(world.keyFile),
            dependencies: world.hurried
        )
        let exported = await failure { () async throws(VaultError) in
            try await busy.export(name, to: world.folder("out.json"))
        }
        #expect(exported?.code == .tryAgain && exported?.sentence.contains("so it stays") == true)
        #expect(!FileManager.default.fileExists(atPath: world.folder("out.json")))
        let handedOver = await failure { () async throws(VaultError) in
            try await busy.handOver(name, by: "exec") { (_) throws(VaultError) in throw .cancelled }
        }
        #expect(handedOver?.code == .tryAgain)
        #expect(world.warnings.isEmpty)
        holder.send(SIGKILL)
        _ = try await holder.outcome()
        try await vault.export(name, to: world.folder("out.json"))
        #expect(try await vault.auditTrail().entries.last?.event.kind == .exported)
    }

    @Test func `a vault from before the audit trail gets one at its first change`() async throws {
        try world.folder.write(Data(contentsOf: URL(filePath: GoldenVault.path)), to: "vault.db")
        try world.folder.write(GoldenVault.described().keyFile + "\n", to: "key")
        let vault = try await world.open()
        #expect(try await vault.auditTrail().entries.isEmpty)
        #expect(try await vault.verify().findings.isEmpty)
        try await vault.add(world.application("new"))
        #expect(try await story(vault) == ["converted format 2", "imported new"])
        #expect(try await vault.auditTrail().entries.first?.number == 1)
        #expect(try await world.open().verify().findings.isEmpty)
    }

    @Test func `many who change at once make one chain`() async throws {
        let vault = try await world.makeVault()
        let others = [try await world.open(), try await world.open(), vault]
        try await withThrowingTaskGroup { group in
            for (number, other) in others.enumerated() {
                group.addTask { [world] in
                    for round in 0..<4 { try await other.add(world.application("n\(number)-\(round)")) }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await story(vault).count == 14)
        #expect(try await vault.verify().findings.isEmpty)
    }
}
