import Testing
import VaultCrypto
import VaultKeys
import VaultStore
import VaultTestSupport

@testable import IsogeoVault

/// All rows of a vault, read part by part.
@Suite struct TreePartsTests: ~Copyable {
    private let sealer: RecordSealer

    init() throws {
        let vault = VaultIdentity(format: 1, id: [UInt8](repeating: 7, count: 16))
        sealer = RecordSealer(.random(), vault: vault, keyEpoch: 1)
    }

    private func leaves(_ count: Int) -> [ApplicationTree.Leaf] {
        (0..<count).map { number in
            let tag = KeyedHash.publicDigest(of: Array("\(number)".utf8))
            let row = ApplicationRecord(id: Array(tag[..<16]), nameTag: tag, metadata: [1], secret: [2, 3])
            return ApplicationTree.Leaf(row, sealer)
        }
    }

    /// The parts that aren't whole, of a tree over `all` of which these rows and nodes were read.
    private func brokenParts(_ all: ApplicationTree, _ leaves: [ApplicationTree.Leaf], _ nodes: [NodeRecord]) throws
        -> Int
    {
        try RowPart.all(depth: all.summary.depth).count { part in
            var rows = leaves
            var records = nodes
            if case .beginning(let byte) = part {
                rows = leaves.filter { $0.nameTag.first == byte }
                records = nodes.filter { $0.path.isEmpty || $0.path.first == byte }
            }
            return try !ApplicationTree(all.summary, records, sealer).isWhole(rows, in: part)
        }
    }

    @Test(arguments: [(0, 0), (1, 0), (40, 0), (0, 1), (700, 1), (0, 2), (700, 2)])
    func `each part has its rows and its nodes, and not one less`(_ count: Int, _ depth: Int) throws {
        let leaves = leaves(count)
        let tree = ApplicationTree(leaves, depth: depth, sealer)
        #expect(try brokenParts(tree, leaves, tree.records) == 0)
        let stranger = self.leaves(count + 1)
        #expect(try brokenParts(tree, stranger, tree.records) == 1)
        guard count > 0 else { return }
        #expect(try brokenParts(tree, Array(leaves.dropLast()), tree.records) == 1)
        #expect(try brokenParts(tree, leaves, tree.records.dropLast()) == 1)
        // Neither the rows of a leaf nor the leaf.
        let path = try #require(tree.records.last?.path)
        let others = leaves.filter { !$0.nameTag.starts(with: path) }
        #expect(try brokenParts(tree, others, tree.records.dropLast()) == 1)
    }
}

/// What takes all applications, whatever their number.
@Suite(.onItsOwnThread) struct AllApplicationsTests {
    let world: VaultFixture

    init() throws { world = try VaultFixture() }

    private func makeVault(_ count: Int) async throws -> Vault {
        let vault = try await world.makeVault()
        var applications = NewApplications()
        for number in 1..<count {
            try applications.append(world.application("application \(number)", id: "client \(number)"))
        }
        _ = try await vault.add(applications)
        return vault
    }

    @Test(arguments: [1, 3, 300]) func `a list is by names, however it is read`(_ count: Int) async throws {
        let vault = try await makeVault(count)
        let expected = try await vault.applications()
        for kept in [0, count - 1, count, 10_000] {
            var (measured, listed) = (Set<ApplicationName>(), [Application]())
            try vault.contents.list(keeping: kept, measuring: { measured.insert($0.name) }) {
                (page) throws(VaultError) in listed += page
            }
            #expect(listed == expected && measured == Set(expected.map(\.name)))
        }
    }

    @Test func `a list that is changed meanwhile ends`() async throws {
        let vault = try await makeVault(300)
        let (contents, now) = (try vault.contents, world.clock.now)
        let name = try ApplicationName.named("application 7")
        var pages = 0
        let error = await failure { () async throws(VaultError) in
            try contents.list(keeping: 0) { (page) throws(VaultError) in
                pages += 1
                try contents.remove(name, now: now)
            }
        }
        #expect(error?.code == .tryAgain && pages == 1)
    }

    @Test func `a request for a token between two parts disturbs nothing`() async throws {
        let vault = try await makeVault(300)
        let contents = try vault.contents
        let state = try contents.read().header.state
        var (rows, parts) = (0, 0)
        try contents.readParts(of: state) { (part) throws(VaultError) in
            rows += part.snapshot.applications.count
            parts += 1
            guard parts == 1 else { return }
            try contents.change(Query(), now: world.clock.now) { (draft) throws(VaultError) in
                draft.events.append(AuditEvent(.tokenRequested, "catalogue"))
                draft.raisesGeneration = false
            }
        }
        #expect(rows == 300 && parts == 256)
    }

    @Test func `a backup of many is whole, and tells how far it is`() async throws {
        let vault = try await makeVault(300)
        var done: [Int] = []
        let copy = world.folder("copy.db")
        try vault.contents.backup(to: copy) { count, all in
            done.append(count)
            #expect(all == 300)
        }
        #expect(done.count == 256 && done.last == 300)
        let opened = try await Vault.open(
            at: copy,
            unlocking: .keyFile(world.keyFile),
            dependencies: world.dependencies
        )
        let result = try await opened.verify()
        #expect(result.findings.isEmpty && result.applications == 300)
        #expect(try await opened.applications() == vault.applications())
    }
}
