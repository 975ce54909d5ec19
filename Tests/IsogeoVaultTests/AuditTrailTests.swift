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
        let events = (state.audit.newest..<count).map { AuditEvent(.renamed, "new \($0)", .former("old")) }
        let entries = contents.sealer.auditEntries(events, &state.audit, oldest: [], now: 1)
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
        let entries = try await vault.auditTrail().entries
        #expect(entries.map(\.number) == Array(1...7))
        #expect(entries.map { Int64($0.time.timeIntervalSince1970) - 1_900_000_000 } == [0, 0, 5, 5, 5, 5, 5])
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
        #expect(header.state.audit.oldest == 1 && header.state.audit.newest == 3)
        var before = [UInt8](repeating: 0, count: 32)
        #expect(header.state.audit.beforeOldest == before)
        for row in snapshot.log {
            #expect(try contents.sealer.auditEntry(row).previous == before)
            before = contents.sealer.digest(of: row)
        }
        #expect(header.state.audit.newestDigest == before)
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
            ("insert into log select 5, box from log where number = 4", .auditTrailHasGaps),
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

    @Test func `an older trail doesn't pass for the newest`() async throws {
        let vault = try await world.makeVault()
        let contents = try vault.contents
        let (old, _) = try contents.read()
        try await vault.setDefault(.named("catalogue"))
        let (header, _) = try contents.read()
        // The entry goes, and its number with it, by somebody who has the key but not the digest.
        var state = header.state
        state.audit.newest = old.state.audit.newest
        let forged = contents.sealer.header(state, slots: header.record.slots, after: header.record, now: 1)
        try contents.database.commit([.putHeader(forged)], expecting: header.record.tag)
        #expect(try await vault.verify().findings == [.auditTrailHasGaps])
    }

    @Test func `a vault from before the audit trail gets one at its first change`() async throws {
        try world.folder.write(Data(contentsOf: URL(filePath: GoldenVault.path)), to: "vault.db")
        try world.folder.write(GoldenVault.described().keyFile + "\n", to: "key")
        let vault = try await world.open()
        #expect(try await vault.auditTrail().entries.isEmpty)
        #expect(try await vault.verify().findings.isEmpty)
        try await vault.add(world.application("new"))
        #expect(try await story(vault) == ["imported new"])
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
