import Testing
import VaultCrypto
import VaultKeys
import VaultStore
import VaultTestSupport

@testable import IsogeoVault

/// The tree over application rows: one row is compared with the header by a few nodes, however many there are.
@Suite struct ApplicationTreeTests: ~Copyable {
    private let sealer: RecordSealer

    init() throws {
        let vault = VaultIdentity(format: 1, id: [UInt8](repeating: 7, count: 16))
        sealer = RecordSealer(.random(), vault: vault, keyEpoch: 1)
    }

    private func row(_ number: Int, _ content: UInt8 = 1) -> ApplicationRecord {
        let tag = KeyedHash.publicDigest(of: Array("\(number)".utf8))
        return ApplicationRecord(id: Array(tag[..<16]), nameTag: tag, metadata: [content], secret: [2, 3])
    }

    private func leaf(_ number: Int, _ content: UInt8 = 1) -> ApplicationTree.Leaf {
        ApplicationTree.Leaf(row(number, content), sealer)
    }

    /// What is read for one row: the nodes above it.
    private func part(_ tree: ApplicationTree, above leaf: ApplicationTree.Leaf) throws -> ApplicationTree {
        let records = tree.records.filter { leaf.nameTag.starts(with: $0.path) }
        return try ApplicationTree(tree.summary, records, sealer)
    }

    @Test(arguments: [(0, 0), (1, 0), (256, 0), (257, 1), (3000, 1)])
    func `a tree has each of its rows, and no other`(_ count: Int, _ depth: Int) throws {
        let tree = ApplicationTree((0..<count).map { leaf($0) }, sealer)
        #expect(tree.summary.count == Int64(count) && tree.summary.size == Int64(3 * count))
        #expect(tree.summary.depth == depth)
        for number in stride(from: 0, to: count, by: 97) {
            let leaf = leaf(number)
            let part = try part(tree, above: leaf)
            #expect(try part.contains(leaf))
            #expect(part.records.count == depth + 1)
            let edited = self.leaf(number, 9)
            #expect(try !part.contains(edited))
        }
        let stranger = leaf(count)
        #expect(try !part(tree, above: stranger).contains(stranger))
    }

    @Test func `a tree that is changed row by row is the one that is made of the rows`() throws {
        for count in [0, 1, 5, 257, 600] {
            var tree = ApplicationTree((0..<count).map { leaf($0) }, sealer)
            let depth = tree.summary.depth
            for number in count..<count + 3 { try tree.replace(nil, by: leaf(number), sealer) }
            try tree.replace(leaf(count), by: leaf(count, 2), sealer)
            try tree.replace(leaf(count + 1), by: nil, sealer)
            let expected = ApplicationTree(
                (0..<count).map { leaf($0) } + [leaf(count, 2), leaf(count + 2)],
                depth: depth,
                sealer
            )
            #expect(tree.summary == expected.summary && tree.records == expected.records)
        }
    }

    @Test func `a change writes the nodes on the way, and needs no others`() throws {
        let whole = ApplicationTree((0..<600).map { leaf($0) }, sealer)
        var part = try part(whole, above: leaf(7))
        try part.replace(leaf(7), by: leaf(7, 2), sealer)
        #expect(part.changes.count == 2)
        // Written over the old ones, they are the tree of the rows.
        var nodes = Dictionary(whole.records.map { ($0.path, $0) }) { one, _ in one }
        for case .putNode(let node) in part.changes { nodes[node.path] = node }
        let expected = ApplicationTree((0..<600).map { leaf($0, $0 == 7 ? 2 : 1) }, sealer)
        #expect(Set(nodes.values.map(\.digests)) == Set(expected.records.map(\.digests)))
        #expect(part.summary == expected.summary)
    }

    @Test func `the last row takes its nodes along, and a row can come back`() throws {
        var tree = ApplicationTree((0..<300).map { leaf($0) }, sealer)
        for number in 0..<300 { try tree.replace(leaf(number), by: nil, sealer) }
        #expect(tree.summary == ApplicationTree.Summary(depth: 1) && tree.records.isEmpty)
        try tree.replace(nil, by: leaf(4), sealer)
        #expect(tree.summary == ApplicationTree([leaf(4)], depth: 1, sealer).summary)
    }

    @Test func `no tree has a node that was edited, is missing, or is too much`() throws {
        let tree = ApplicationTree((0..<600).map { self.leaf($0) }, sealer)
        let (leaf, edited) = (self.leaf(7), self.leaf(7, 2))
        let records = tree.records.filter { leaf.nameTag.starts(with: $0.path) }
        guard records.count == 2 else {
            Issue.record("a tree of other nodes")
            return
        }
        func isRefused(_ records: [NodeRecord], by summary: ApplicationTree.Summary) -> Bool {
            (try? ApplicationTree(summary, records, sealer).contains(leaf)) == nil
        }
        #expect(!isRefused(records, by: tree.summary))
        for place in records.indices {
            var bent = records
            bent[place].digests[3] ^= 1
            #expect(isRefused(bent, by: tree.summary))
            var fewer = records
            fewer.remove(at: place)
            #expect(isRefused(fewer, by: tree.summary))
        }
        let deeper = NodeRecord(path: [1, 2], digests: leaf.digest)
        #expect(isRefused(records + [deeper], by: tree.summary))
        // A leaf of another place, and an older one.
        var moved = records
        let other = tree.records.first { $0.path.count == 1 && $0.path != records[1].path }
        moved[1].digests = other?.digests ?? []
        #expect(isRefused(moved, by: tree.summary))
        var newer = tree
        try newer.replace(leaf, by: edited, sealer)
        #expect(isRefused(records, by: newer.summary))
        // A row that isn't there can't be taken away.
        do {
            let nothing: ApplicationTree.Leaf? = nil
            try newer.replace(leaf, by: nothing, sealer)
            Issue.record("a row was taken away that isn't there")
        } catch {}
    }

    @Test func `it grows before its leaves are long`() throws {
        #expect(!ApplicationTree((0..<255).map { leaf($0) }, sealer).isFull(with: 1))
        #expect(ApplicationTree((0..<256).map { leaf($0) }, sealer).isFull(with: 1))
        #expect(!ApplicationTree((0..<257).map { leaf($0) }, sealer).isFull(with: 1))
    }
}

/// The same in a vault.
@Suite(.onItsOwnThread) struct ManyApplicationsTests {
    let world: VaultFixture

    init() throws { world = try VaultFixture() }

    @Test func `the application that makes the tree higher is like any other`() async throws {
        try ManyApplications.make(256, in: world)
        let vault = try await world.open()
        #expect(try vault.contents.read(Query(allNodes: true)).snapshot.nodes.count == 1)
        try await vault.add(world.application("a256"))
        #expect(try vault.contents.read(Query(allNodes: true)).snapshot.nodes.count > 100)
        for name in ["a0", "a255", "a256"] {
            #expect(try await vault.application(.named(name)).name.description == name)
        }
        #expect(try await vault.token(for: .named("a256")).value == "token-1")
        try await vault.rename(.named("a7"), to: .named("b7"))
        try await vault.remove(.named("a8"))
        let missing = await failure { () async throws(VaultError) in
            guard let name = ApplicationName("a8") else { return }
            _ = try await vault.application(name)
        }
        #expect(missing?.code == .noApplication)
        #expect(try await vault.verify().findings.isEmpty)
        #expect(try await world.open().applications().count == 256)
    }
}

extension ApplicationTree {
    /// Exchanges one row.
    mutating func replace(_ old: Leaf?, by new: Leaf?, _ sealer: borrowing RecordSealer) throws(Broken) {
        try replace([(old, new)], sealer)
    }
}
