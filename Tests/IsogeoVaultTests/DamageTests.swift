import Foundation
import Testing
import VaultStore
import VaultTestSupport

@testable import IsogeoVault

/// Vaults that somebody edited, who knows SQLite and not the key.
@Suite(.needsPython) struct DamageTests {
    let world: VaultFixture

    init() throws { world = try VaultFixture() }

    private func openError() async -> VaultError? {
        await failure { () async throws(VaultError) in
            try await Vault.open(at: world.path, unlocking: .keyFile(world.keyFile), dependencies: world.dependencies)
        }
    }

    @Test(
        arguments: [
            "created = created - 1", "changed = changed + 1", "key_epoch = 2", "generation = 1 + generation",
            "slots = cast(substr(slots, 1, 40) || zeroblob(8) as blob)", "state = zeroblob(length(state))",
            "tag = zeroblob(32)",
        ]
    )
    func `an edited header is damage`(_ assignment: String) async throws {
        _ = try await world.makeVault()
        try await world.edit("update header set \(assignment)")
        let error = await openError()
        #expect(error?.code == .damaged && error?.code.exitStatus == 72)
        #expect(error?.sentence == "The vault is damaged: its header was edited.")
    }

    @Test func `slots of another vault's id open nothing`() async throws {
        _ = try await world.makeVault()
        try await world.edit("update header set vault_id = zeroblob(16)")
        #expect(await openError()?.code == .locked)
    }

    @Test func `a header that is put back is taken for damage by whoever has seen its rows change`() async throws {
        _ = try await world.makeVault()
        let old = try world.copy(to: "old.db")
        try await world.open().add(world.application("new"))
        try await world.edit("delete from header; insert into header select * from other.header", other: old)
        let vault = try await world.open()
        let error = await failure { () async throws(VaultError) in try await vault.applications() }
        #expect(error?.code == .damaged)
    }

    @Test(arguments: ["metadata = zeroblob(length(metadata))", "metadata = secret", "id = zeroblob(16)"])
    func `edited metadata is damage for whoever asks`(_ assignment: String) async throws {
        let vault = try await world.makeVault()
        try await world.edit("update application set \(assignment)")
        let error = await failure { () async throws(VaultError) in try await vault.token() }
        #expect(error?.code == .damaged)
        let listing = await failure { () async throws(VaultError) in try await vault.applications() }
        #expect(listing?.code == .damaged)
        #expect(world.server.requests.isEmpty)
    }

    @Test(arguments: ["secret = zeroblob(length(secret))", "secret = metadata"])
    func `an edited secret is sent to nobody`(_ assignment: String) async throws {
        let vault = try await world.makeVault()
        try await world.edit("update application set \(assignment)")
        let error = await failure { () async throws(VaultError) in try await vault.token() }
        #expect(error?.code == .damaged)
        #expect(world.server.requests.isEmpty)
    }

    @Test func `an edited name's tag hides no application`() async throws {
        let vault = try await world.makeVault()
        try await world.edit("update application set name_tag = zeroblob(32)")
        let name = try ApplicationName.named("catalogue")
        for wanted in [nil, name] {
            let error = await failure { () async throws(VaultError) in try await vault.token(for: wanted) }
            #expect(error?.code == .damaged)
        }
    }

    @Test func `an application that was deleted is missed`() async throws {
        let vault = try await world.makeVault()
        try await vault.add(world.application("other"))
        let row = try vault.contents.application(.named("other")).application.row
        let digits = row.id.map { String(format: "%02x", $0) }.joined()
        try await world.edit("delete from application where id = x'\(digits)'")
        let error = await failure { () async throws(VaultError) in try await vault.applications() }
        #expect(error?.code == .damaged)
        #expect(error?.sentence.contains("partly older") == true)
        // The other one is whole, and yet: no secret is opened in a vault that isn't what was written.
        let asking = await failure { () async throws(VaultError) in try await vault.token() }
        #expect(asking?.code == .damaged)
        #expect(world.server.requests.isEmpty)
    }

    @Test func `an older row that is put back is found out before its secret is sent`() async throws {
        _ = try await world.makeVault()
        let old = try world.copy(to: "old.db")
        let vault = try await world.open()
        try await vault.add(world.application(secret: "another"), replacing: true)
        try await world.edit(
            "delete from application; insert into application select * from other.application",
            other: old
        )
        let error = await failure { () async throws(VaultError) in try await vault.token() }
        #expect(error?.code == .damaged)
        #expect(world.server.requests.isEmpty)
    }

    @Test func `an older row is found out among any number of planted ones`() async throws {
        _ = try await world.makeVault()
        let old = try world.copy(to: "old.db")
        let vault = try await world.open()
        try await vault.add(world.application(secret: "another"), replacing: true)
        try await world.edit(
            """
            delete from application; insert into application select * from other.application;
            with recursive n(x) as (select 1 union all select x + 1 from n where x < 2000)
            insert into application select randomblob(16), randomblob(32), zeroblob(40), zeroblob(40) from n
            """,
            other: old
        )
        let name = try ApplicationName.named("catalogue")
        let error = await failure { () async throws(VaultError) in try await vault.token(for: name) }
        #expect(error?.code == .damaged)
        #expect(world.server.requests.isEmpty)
    }

    @Test(
        arguments: [
            "box = zeroblob(length(box))", "box = zeroblob(40)", "expires = expires + 1",
            "expires = 253402300799", "id = id",
        ]
    )
    func `an edited token is none: another one is asked for`(_ assignment: String) async throws {
        let vault = try await world.makeVault()
        #expect(try await vault.token().value == "token-1")
        try await world.edit("update token set \(assignment)")
        let isEdited = assignment != "id = id"
        // The memory of this process has it as it was.
        #expect(try await vault.token().value == "token-1")
        try await vault.reload()
        let token = try await vault.token()
        #expect(token.value == (isEdited ? "token-2" : "token-1"))
        #expect(try await vault.token().source == .vault)
    }

    @Test func `a token that is put back after its secret was replaced is never found`() async throws {
        let vault = try await world.makeVault()
        #expect(try await vault.token().value == "token-1")
        let old = try world.copy(to: "old.db")
        try await vault.add(world.application(secret: "another"), replacing: true)
        try await world.edit("insert into token select * from other.token", other: old)
        #expect(try await vault.token().value == "token-2")
    }

    @Test func `another vault's rows open nothing`() async throws {
        let vault = try await world.makeVault()
        let other = try VaultFixture()
        _ = try await other.makeVault()
        try await world.edit(
            "delete from application; insert into application select * from other.application",
            other: other.path
        )
        let error = await failure { () async throws(VaultError) in try await vault.token() }
        #expect(error?.code == .damaged)
    }

    @Test func `an older row with its older token gives nothing away, whoever asks`() async throws {
        let vault = try await world.makeVault()
        #expect(try await vault.token().value == "token-1")
        try await vault.setDefault(.named("catalogue"))
        let old = try world.copy(to: "old.db")
        // The application moves to another host, and gets a token there.
        try await vault.add(world.application(tokenURI: "https://new.example/token"), replacing: true)
        #expect(try await vault.token().value == "token-2")
        try await world.edit(
            """
            pragma foreign_keys = off;
            delete from token; delete from application; insert into application select * from other.application;
            insert into token select * from other.token
            """,
            other: old
        )
        let opened = try await world.open()
        let name = try ApplicationName.named("catalogue")
        for wanted in [nil, name] {
            let tried: [() async throws(VaultError) -> Void] = [
                { () async throws(VaultError) in _ = try await opened.token(for: wanted) },
                { () async throws(VaultError) in _ = try await opened.application(wanted) },
                { () async throws(VaultError) in try await opened.handOver(name, by: "exec") { _ in } },
                { () async throws(VaultError) in try await opened.export(name, to: world.folder("out")) },
                // And no change makes it the newest state.
                { () async throws(VaultError) in try await opened.rename(name, to: name) },
                { () async throws(VaultError) in try await opened.remove(name) },
                { () async throws(VaultError) in try await opened.setDefault(name) },
            ]
            for body in tried { #expect(await failure(body)?.code == .damaged) }
        }
        #expect(world.server.requests.count == 2)
        #expect(try await opened.verify().findings.contains(.applicationsDiffer))
    }

    @Test func `planted rows cost no memory: no more is read than the header counts`() async throws {
        let vault = try await world.makeVault()
        let limit = try vault.contents.read().header.state.limit
        try await world.edit(
            """
            with recursive n(x) as (select 1 union all select x + 1 from n where x < 50)
            insert into application select randomblob(16), randomblob(32), randomblob(1048576), zeroblob(131072) from n
            """
        )
        let snapshot = try vault.contents.read(Query(applications: .all)).snapshot
        #expect(snapshot.exceedsLimit && snapshot.applications.count <= 1)
        #expect(snapshot.applications.reduce(0) { $0 + $1.size } <= limit.bytes)
        let listed = await failure { () async throws(VaultError) in _ = try await vault.applications() }
        #expect(listed?.code == .damaged)
        // What the vault has goes on.
        #expect(try await vault.token(for: .named("catalogue")).value == "token-1")
    }

    @Test(
        arguments: [
            "delete from application_tree", "update application_tree set digests = zeroblob(length(digests))",
            "update application_tree set digests = substr(digests, 33)",
            "insert into application_tree values (x'00', randomblob(32))",
        ]
    )
    func `an edited tree is damage`(_ edit: String) async throws {
        let vault = try await world.makeVault()
        try await vault.add(world.application("other", id: "other"))
        try await world.edit(edit)
        #expect(try await vault.verify().findings == [.applicationsDiffer])
        guard !edit.hasPrefix("insert") else { return }
        for name in ["catalogue", "other"] {
            let name = try ApplicationName.named(name)
            let error = await failure { () async throws(VaultError) in _ = try await vault.token(for: name) }
            #expect(error?.code == .damaged)
        }
        #expect(world.server.requests.isEmpty)
    }

    /// Flips one bit of a name's tag in SQLite's index, where the application's id follows it, and nowhere else.
    private func flipIndex(of name: String, in vault: Vault) throws {
        let name = try ApplicationName.named(name)
        let row = try vault.contents.application(name).application.row
        var file = Data(try world.folder.read("vault.db"))
        let entry = try #require(file.firstRange(of: Data(row.nameTag + row.id)))
        file[entry.lowerBound + 31] ^= 1
        _ = try world.folder.write(file, to: "vault.db")
    }

    @Test func `a damaged index hides no application and lets none stand twice`() async throws {
        let vault = try await world.makeVault()
        try await vault.add(world.application("other", id: "other"))
        try flipIndex(of: "catalogue", in: vault)
        let (catalogue, other) = (try ApplicationName.named("catalogue"), try ApplicationName.named("other"))
        let opened = try await world.open()
        #expect(try await opened.token(for: catalogue).value == "token-1")
        #expect(try await opened.application(catalogue).name == catalogue)
        #expect(try await opened.holds(world.application()))
        let added = await failure { () async throws(VaultError) in
            guard let same = try? world.application() else { return }
            try await opened.add(same)
        }
        #expect(added?.code == .exists)
        let renamed = await failure { () async throws(VaultError) in try await opened.rename(other, to: catalogue) }
        #expect(renamed?.code == .exists)
        #expect(try await opened.applications().map(\.name) == [catalogue, other])
    }

    @Test func `nothing is added, renamed or said to be missing where a row was deleted`() async throws {
        let vault = try await world.makeVault()
        try await vault.add(world.application("other", id: "other"))
        try await world.edit("delete from application where id = (select min(id) from application)")
        let added = await failure { () async throws(VaultError) in
            guard let third = try? world.application("third", id: "third") else { return }
            try await vault.add(third)
        }
        #expect(added?.code == .damaged)
        // The one that is there is what was written; of the other one, nothing is said but damage.
        var refused = 0
        for name in ["catalogue", "other"] {
            let name = try ApplicationName.named(name)
            let shown = await failure { () async throws(VaultError) in _ = try await vault.application(name) }
            if shown?.code == .damaged { refused += 1 }
            let renamed = await failure { [shown] () async throws(VaultError) in
                if shown != nil { try await vault.rename(name, to: name) }
            }
            #expect(renamed?.code == shown?.code)
        }
        #expect(refused == 1)
    }
}
