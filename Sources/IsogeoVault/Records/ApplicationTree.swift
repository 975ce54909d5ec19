internal import VaultCrypto
internal import VaultStore

/// A tree of digests over all application rows: it authenticates one row by a few nodes, however many rows there are.
///
/// A leaf has the digests of the rows whose name tags begin with its path, in ascending order, and every other node the
/// digests of its 256 children. The header's state has the root's digest (Merkle, "A Digital Signature Based on a
/// Conventional Encryption Function", with keyed digests). Name tags are keyed hashes, so that the leaves fill evenly.
struct ApplicationTree {
    /// What the header's state says of the rows.
    struct Summary: Equatable {
        /// How many rows there are.
        var count: Int64 = 0
        /// How many bytes their boxes have together.
        var size: Int64 = 0
        /// The length of a leaf's path.
        var depth = 0
        /// The digest of the root; zeros without a row.
        var root = ApplicationTree.none

        /// What is read of all rows at most.
        var limit: RowLimit { RowLimit(rows: count, bytes: size) }
    }

    /// A row as the tree has it.
    struct Leaf: Equatable {
        let nameTag: [UInt8]
        let digest: [UInt8]
        let size: Int64

        init(_ row: ApplicationRecord, _ sealer: borrowing RecordSealer) {
            nameTag = row.nameTag
            digest = sealer.digest(of: row)
            size = row.size
        }

        init(_ application: StoredApplication) {
            nameTag = application.row.nameTag
            digest = application.digest
            size = application.row.size
        }
    }

    /// A node differs from its digest, or is missing.
    struct Broken: Error {}

    /// The greatest depth: 256 leaves for each node of the second row.
    static let greatestDepth = 2
    static let digestCount = KeyedHash.count
    static let childCount = 256
    static let none = [UInt8](repeating: 0, count: digestCount)

    private(set) var summary: Summary
    /// The authenticated nodes that were read or written, by their paths; no digests for one that doesn't exist.
    private var nodes: [[UInt8]: [UInt8]] = [:]
    /// The paths of nodes that were written.
    private var written: Set<[UInt8]> = []
    private var isNew = false

    /// A part of the tree.
    ///
    /// - Parameters:
    ///   - summary: of the header's state.
    ///   - records: nodes, with all that are above them.
    ///   - sealer: authenticates them.
    /// - Throws: `Broken` for a node that isn't the tree's.
    init(_ summary: Summary, _ records: [NodeRecord], _ sealer: borrowing RecordSealer) throws(Broken) {
        self.summary = summary
        for record in records.sorted(by: { $0.path.count < $1.path.count }) {
            guard record.path.count <= summary.depth, try digest(at: record.path) == sealer.digest(of: record) else {
                throw Broken()
            }
            if record.path.count < summary.depth {
                guard record.digests.count == Self.digestCount * Self.childCount else { throw Broken() }
            }
            nodes[record.path] = record.digests
        }
    }

    /// A tree over these rows.
    ///
    /// - Parameters:
    ///   - leaves: the rows.
    ///   - depth: of an older tree that it is compared with; nil for the one that so many rows need.
    ///   - sealer: makes the digests.
    init(_ leaves: [Leaf], depth: Int? = nil, _ sealer: borrowing RecordSealer) {
        let count = Int64(leaves.count)
        summary = Summary(
            count: count,
            size: leaves.reduce(0) { $0 + $1.size },
            depth: depth ?? Self.depth(for: count),
            root: Self.none
        )
        isNew = true
        var digests: [[UInt8]: [[UInt8]]] = [:]
        for leaf in leaves { digests[Array(leaf.nameTag[..<summary.depth]), default: []].append(leaf.digest) }
        // Whatever is above a leaf is new, too.
        for length in 0..<summary.depth { for path in digests.keys { nodes[Array(path[..<length])] = [] } }
        for (path, digests) in digests { nodes[path] = digests.sorted(by: Self.precedes).flatMap(\.self) }
        for length in stride(from: summary.depth, through: 0, by: -1) {
            for path in nodes.keys where path.count == length { rehash(path, sealer) }
        }
    }

    /// The depth for so many rows: a leaf has 256 of them at most, on the average.
    private static func depth(for count: Int64) -> Int {
        count <= 256 ? 0 : count <= 65_536 ? 1 : greatestDepth
    }

    /// Whether so many more rows make the leaves too long, so that the tree is to be made anew.
    func isFull(with more: Int) -> Bool { summary.depth < Self.depth(for: summary.count + Int64(more)) }

    /// The path of the leaf for a name tag.
    func path(of nameTag: [UInt8]) -> [UInt8] { Array(nameTag[..<summary.depth]) }

    /// Whether the row is one of the tree's.
    func contains(_ leaf: Leaf) throws(Broken) -> Bool {
        let path = path(of: leaf.nameTag)
        guard let digests = nodes[path] else {
            guard try digest(at: path) == Self.none else { throw Broken() }
            return false
        }
        return stride(from: 0, to: digests.count, by: Self.digestCount).contains {
            digests[$0..<$0 + Self.digestCount].elementsEqual(leaf.digest)
        }
    }

    /// Whether these are all rows of a leaf.
    func has(_ leaves: [Leaf], at path: [UInt8]) throws(Broken) -> Bool {
        try digests(of: path) == leaves.map(\.digest).sorted(by: Self.precedes)
    }

    /// Takes nodes in that were read later, of the same state, before any row of theirs was exchanged.
    mutating func include(_ tree: ApplicationTree) { nodes.merge(tree.nodes) { present, _ in present } }

    /// Takes rows away and puts others in; each node gets its digest once, however many of its rows are exchanged.
    ///
    /// - Throws: `Broken` for a row that isn't there, and where a node isn't there that must be.
    mutating func replace(_ rows: [(old: Leaf?, new: Leaf?)], _ sealer: borrowing RecordSealer) throws(Broken) {
        var leaves: [[UInt8]: [[UInt8]]] = [:]
        for case let leaf? in rows.flatMap({ [$0.old, $0.new] }) where leaves[path(of: leaf.nameTag)] == nil {
            leaves[path(of: leaf.nameTag)] = try digests(of: path(of: leaf.nameTag))
        }
        for case let (old?, _) in rows {
            guard let place = leaves[path(of: old.nameTag)]?.firstIndex(of: old.digest) else { throw Broken() }
            leaves[path(of: old.nameTag)]?.remove(at: place)
            summary.count -= 1
            summary.size -= old.size
        }
        for case let (_, new?) in rows {
            leaves[path(of: new.nameTag)]?.append(new.digest)
            summary.count += 1
            summary.size += new.size
        }
        try put(leaves, sealer)
    }

    /// What writes the nodes that changed.
    var changes: [Mutation] {
        (isNew ? [.removeAllNodes] : [])
            + written.sorted { $0.lexicographicallyPrecedes($1) }.map { path in
                let digests = nodes[path] ?? []
                return digests.isEmpty
                    ? .removeNode(path: path) : .putNode(NodeRecord(path: path, digests: digests))
            }
    }

    /// All nodes that are known, the shortest paths first.
    var records: [NodeRecord] {
        nodes.filter { !$0.value.isEmpty }.map { NodeRecord(path: $0.key, digests: $0.value) }
            .sorted { one, other in
                one.path.count == other.path.count
                    ? Self.precedes(one.path, other.path) : one.path.count < other.path.count
            }
    }

    // MARK: - Nodes

    private static func precedes(_ one: [UInt8], _ other: [UInt8]) -> Bool { one.lexicographicallyPrecedes(other) }

    /// The digest that a node must have; zeros for one that must not exist.
    private func digest(at path: [UInt8]) throws(Broken) -> [UInt8] {
        guard let child = path.last else { return summary.root }
        let parent = Array(path.dropLast())
        guard let digests = nodes[parent] else {
            guard try digest(at: parent) == Self.none else { throw Broken() }
            return Self.none
        }
        guard !digests.isEmpty else { return Self.none }
        let start = Int(child) * Self.digestCount
        return Array(digests[start..<start + Self.digestCount])
    }

    /// The digests of a leaf's rows.
    private func digests(of path: [UInt8]) throws(Broken) -> [[UInt8]] {
        guard let digests = nodes[path] else {
            guard try digest(at: path) == Self.none else { throw Broken() }
            return []
        }
        return stride(from: 0, to: digests.count, by: Self.digestCount).map {
            Array(digests[$0..<$0 + Self.digestCount])
        }
    }

    /// Writes leaves, and all that is above them, from below.
    private mutating func put(_ leaves: [[UInt8]: [[UInt8]]], _ sealer: borrowing RecordSealer) throws(Broken) {
        var paths = Set(leaves.keys)
        for path in leaves.keys {
            for length in 0..<path.count { paths.insert(Array(path[..<length])) }
        }
        for path in paths where nodes[path] == nil {
            guard try digest(at: path) == Self.none else { throw Broken() }
        }
        for path in paths where nodes[path] == nil { nodes[path] = [] }
        for (path, digests) in leaves { nodes[path] = digests.sorted(by: Self.precedes).flatMap(\.self) }
        for length in stride(from: summary.depth, through: 0, by: -1) {
            for path in paths where path.count == length { rehash(path, sealer) }
        }
    }

    /// Tells the parent of a node its digest.
    private mutating func rehash(_ path: [UInt8], _ sealer: borrowing RecordSealer) {
        written.insert(path)
        let digests = nodes[path] ?? []
        let digest = digests.isEmpty ? Self.none : sealer.digest(of: NodeRecord(path: path, digests: digests))
        guard let child = path.last else {
            summary.root = digest
            return
        }
        let parent = Array(path.dropLast())
        var siblings = nodes[parent] ?? []
        if siblings.isEmpty { siblings = [UInt8](repeating: 0, count: Self.digestCount * Self.childCount) }
        let start = Int(child) * Self.digestCount
        siblings.replaceSubrange(start..<start + Self.digestCount, with: digest)
        // Without children it is no node.
        nodes[parent] = siblings.allSatisfy { $0 == 0 } ? [] : siblings
    }
}
