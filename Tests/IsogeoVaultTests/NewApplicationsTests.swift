import Foundation
import Testing
import VaultCrypto
import VaultStore
import VaultTestSupport

@testable import IsogeoVault

/// Applications that are added together: sealed meanwhile, and all in one transaction.
@Suite(.onItsOwnThread) struct NewApplicationsTests {
    let world: VaultFixture

    init() throws { world = try VaultFixture() }

    private func name(_ number: Int) -> String { "application \(number)" }

    private func many(_ numbers: Range<Int>, secret: String = "secret") throws -> NewApplications {
        var applications = NewApplications()
        for number in numbers {
            try applications.append(
                world.application(name(number), id: "client \(number)", secret: "\(secret) \(number)")
            )
        }
        return applications
    }

    private func secret(_ number: Int, in vault: Vault) throws -> String {
        let contents = try vault.contents
        let application = try contents.application(.named(name(number))).application
        return try String(decoding: contents.secret(of: application).revealed, as: UTF8.self)
    }

    private func generation(_ vault: Vault) throws -> Int64 { try vault.contents.read().header.record.generation }

    @Test func `each is as it was when it was appended`() throws {
        var applications = NewApplications()
        let first = try world.application("first", secret: "one")
        try applications.append(first)
        try applications.append(world.application("second", secret: "two"))
        #expect(applications.count == 2 && applications.names.map(\.description) == ["first", "second"])
        for (index, expected) in ["one", "two"].enumerated() {
            let application = applications.application(at: index)
            #expect(application.withSecret { String(decoding: $0.revealed, as: UTF8.self) } == expected)
            #expect(
                application.tokenOrigin == "https://id.example"
                    && application.source == (index == 0 ? first.source : application.source)
            )
        }
        #expect(applications.application(at: 0).id == first.id)
    }

    @Test func `a name is in them once`() throws {
        var applications = try many(0..<2)
        let same = try world.application(name(1))
        #expect(throws: VaultError.self) { try applications.append(same) }
        #expect(applications.count == 2)
    }

    @Test func `they are one change, with an entry of the audit trail each`() async throws {
        let vault = try await world.makeVault()
        let before = try generation(vault)
        let applications = try many(0..<5)
        #expect(try await vault.add(applications) == [NewApplications.Outcome](repeating: .added, count: 5))
        #expect(try generation(vault) == before + 1)
        let events = try await vault.auditTrail().entries.map { "\($0.event.kind.rawValue) \($0.event.subject)" }
        #expect(events.suffix(5) == (0..<5).map { "imported \(name($0))" })
        for number in 0..<5 { #expect(try secret(number, in: vault) == "secret \(number)") }
        #expect(try await vault.applications().count == 6)
    }

    @Test func `those that are there stay, or are replaced, and the others are added`() async throws {
        let vault = try await world.makeVault()
        _ = try await vault.add(many(0..<3))
        let identity = try vault.contents.application(.named(name(1))).application.row.id
        world.clock.advance(by: 10)
        let kept = try many(1..<5, secret: "new")
        let replaced = try many(1..<6, secret: "newer")
        #expect(try await vault.add(kept) == [.exists, .exists, .added, .added])
        #expect(try secret(1, in: vault) == "secret 1" && secret(3, in: vault) == "new 3")
        #expect(
            try await vault.add(replaced, replacing: true) == [.replaced, .replaced, .replaced, .replaced, .added]
        )
        #expect(try secret(1, in: vault) == "newer 1" && secret(0, in: vault) == "secret 0")
        let application = try vault.contents.application(.named(name(1))).application
        #expect(application.row.id == identity && application.metadata.created == 1_900_000_000)
        try await expectWhole(vault, 7)
    }

    @Test func `where the vault has all of them, nothing is written`() async throws {
        let vault = try await world.makeVault()
        _ = try await vault.add(many(0..<2))
        let bytes = try world.folder.read("vault.db")
        #expect(try await vault.add(many(0..<2)) == [.exists, .exists])
        #expect(try await vault.add(NewApplications()) == [])
        #expect(try world.folder.read("vault.db") == bytes)
    }

    /// 256 rows in one leaf, then in 256; 600 names are looked up by three readings.
    @Test func `the tree is that of the rows, whatever its depth`() async throws {
        let vault = try await world.makeVault()
        for range in [0..<200, 200..<800, 700..<1400] {
            _ = try await vault.add(many(range), replacing: true)
            try await expectWhole(vault, range.upperBound + 1)
        }
        let outcomes = try await vault.add(many(1000..<1500))
        #expect(outcomes.count { $0 == .exists } == 400 && outcomes.count { $0 == .added } == 100)
        try await expectWhole(vault, 1501)
        let (header, _) = try vault.contents.read()
        guard case .tree(let summary) = header.state.applications else { throw CryptoError.malformedEncoding }
        #expect(summary.depth == 1 && summary.count == 1501)
    }

    @Test func `a vault is made with all of them`() async throws {
        let applications = try many(0..<300)
        let vault = try await Vault.create(
            at: world.path,
            protectedBy: .keyFile(world.keyFile),
            importing: applications,
            dependencies: world.dependencies
        )
        #expect(try generation(vault) == 1)
        try await expectWhole(vault, 300)
        #expect(try secret(299, in: vault) == "secret 299")
    }

    @Test func `those of one client are named, of the vault and of one another`() async throws {
        let vault = try await world.makeVault()
        var applications = NewApplications()
        for name in ["second", "third"] { try applications.append(world.application(name)) }
        _ = try await vault.add(applications)
        #expect(world.warnings.count == 2)
        #expect(world.warnings.first?.contains("catalogue") == true)
        #expect(world.warnings.last?.contains("catalogue") == true && world.warnings.last?.contains("second") == true)
    }

    @Test(.needsPython) func `a row that was taken away is seen by the names next to it`() async throws {
        let vault = try await world.makeVault()
        _ = try await vault.add(many(0..<3))
        vault.close()
        try await world.edit("DELETE FROM application WHERE id = (SELECT max(id) FROM application)")
        let edited = try await world.open()
        let more = try many(5..<7)
        let error = await failure { () async throws(VaultError) in try await edited.add(more) }
        #expect(error?.code == .damaged)
    }

    @Test func `the audit trail keeps the last of many`() async throws {
        let vault = try await world.makeVault()
        let contents = try vault.contents
        let (header, _) = try contents.read()
        var state = header.state
        let events = (0..<10_010).map { AuditEvent(.imported, "new \($0)") }
        let oldest = try contents.read(Query(log: .oldest(8))).snapshot.log
        let changes = contents.sealer.auditEntries(events, &state, oldest: oldest, now: 1)
        #expect(state.changes.oldest == 13 && state.changes.newest == 10_012)
        #expect(changes.last == .removeLogEntries(.changes, through: 12))
    }

    /// Records an issue unless the vault verifies with so many applications.
    private func expectWhole(_ vault: Vault, _ count: Int, sourceLocation: SourceLocation = #_sourceLocation)
        async throws
    {
        let (header, snapshot) = try vault.contents.read(.everything)
        #expect(snapshot.applications.count == count, sourceLocation: sourceLocation)
        #expect(
            try vault.contents.hasAllRows(snapshot, header.state, includingNodes: true),
            sourceLocation: sourceLocation
        )
    }
}
