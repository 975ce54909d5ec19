internal import VaultStore

/// What a reader asks of the tree: answered from the rows and nodes that were read, without a tree made of them.
///
/// Nearly every call reads one row, and the dictionaries of a tree would take more of its time than the digests.
extension ApplicationTree {
    /// Whether a row is one of the tree's.
    ///
    /// - Parameters:
    ///   - leaf: the row.
    ///   - summary: of the header's state.
    ///   - nodes: those above the row.
    ///   - sealer: authenticates them.
    /// - Returns: whether it is.
    /// - Throws: `Broken` for a node that isn't the tree's, or is missing.
    static func contains(
        _ leaf: Leaf,
        _ summary: Summary,
        _ nodes: [NodeRecord],
        _ sealer: borrowing RecordSealer
    ) throws(Broken) -> Bool {
        var digest = summary.root
        for length in 0...summary.depth {
            let node = nodes.first { $0.path.count == length && leaf.nameTag.starts(with: $0.path) }
            guard digest != none else {
                guard node == nil else { throw Broken() }
                return false
            }
            guard let node, sealer.digest(of: node) == digest else { throw Broken() }
            guard length < summary.depth else {
                return stride(from: 0, to: node.digests.count, by: digestCount).contains {
                    node.digests[$0..<$0 + digestCount].elementsEqual(leaf.digest)
                }
            }
            guard node.digests.count == digestCount * childCount else { throw Broken() }
            let start = Int(leaf.nameTag[length]) * digestCount
            digest = Array(node.digests[start..<start + digestCount])
        }
        return false
    }

    /// Whether these are all rows of a tree that is one leaf; nil for a higher one.
    static func isLeaf(_ leaves: [Leaf], _ summary: Summary, _ sealer: borrowing RecordSealer) -> Bool? {
        guard summary.depth == 0 else { return nil }
        guard summary.count == leaves.count, summary.size == leaves.reduce(0, { $0 + $1.size }) else { return false }
        guard !leaves.isEmpty else { return summary.root == none }
        let digests = leaves.map(\.digest).sorted { $0.lexicographicallyPrecedes($1) }
        return sealer.digest(of: NodeRecord(path: [], digests: digests.flatMap(\.self))) == summary.root
    }
}
