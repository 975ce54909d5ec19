internal import VaultStore

/// The application rows of one part of a vault.
struct ApplicationPart {
    let snapshot: Snapshot
    /// Whether these are all rows and nodes that the header has in this part.
    let isWhole: Bool
}

extension UnlockedVault {
    /// Reads all application rows of a state part by part, each compared with the header, so that a million of them
    /// takes no more memory than a few thousand.
    ///
    /// No lock is kept from part to part. Requests for tokens may change the header meanwhile, but no row.
    ///
    /// - Parameters:
    ///   - state: the state that they must be of.
    ///   - tokens: which are read with them.
    ///   - certificates: whether theirs are.
    ///   - body: takes a part.
    /// - Throws: `tryAgain` where another process changed a row since `state` was read; what `body` throws.
    func readParts(
        of state: HeaderState,
        tokens: Query.Tokens = .none,
        certificates: Bool = false,
        _ body: (ApplicationPart) throws(VaultError) -> Void
    ) throws(VaultError) {
        for part in state.applications.parts {
            let (header, snapshot) = try read(
                Query(applications: .part(part), tokens: tokens, certificates: certificates)
            )
            guard header.state.applications == state.applications else {
                throw VaultError(StoreError.changedMeanwhile)
            }
            try body(ApplicationPart(snapshot: snapshot, isWhole: isWhole(snapshot, part, header)))
        }
    }

    private func isWhole(_ snapshot: Snapshot, _ part: RowPart, _ header: CheckedHeader) -> Bool {
        guard case .tree = header.state.applications else { return hasAllRows(snapshot, header.state) }
        guard !snapshot.exceedsLimit, let tree = try? tree(header, snapshot) else { return false }
        return tree.isWhole(snapshot.applications.map { ApplicationTree.Leaf($0, sealer) }, in: part)
    }

    /// Calls `body` anew where another process changed the vault meanwhile, up to five times.
    func withOneState<Result>(_ body: () throws(VaultError) -> Result) throws(VaultError) -> Result {
        for _ in 0..<Self.attemptLimit {
            do throws(VaultError) { return try body() } catch {
                guard case .store(.changedMeanwhile)? = error.problem as? VaultProblem else { throw error }
            }
        }
        return try body()
    }

    private static let attemptLimit = 4
}

extension HeaderState.Applications {
    /// What is read one after the other.
    var parts: [RowPart] {
        switch self {
        case .sum: [.all]
        case .tree(let summary): RowPart.all(depth: summary.depth)
        }
    }

    /// How many rows there are; nil in format 1, which doesn't say so.
    var count: Int64? {
        switch self {
        case .sum: nil
        case .tree(let summary): summary.count
        }
    }
}

extension ApplicationTree {
    /// Whether these are all rows of a part, whose nodes were read.
    func isWhole(_ leaves: [Leaf], in part: RowPart) -> Bool {
        let rows = Dictionary(grouping: leaves) { path(of: $0.nameTag) }
        let paths: [[UInt8]]
        switch part {
        case .all: paths = summary.depth == 0 ? [[]] : []
        case .beginning(let byte):
            paths = summary.depth == Self.greatestDepth ? (0...UInt8.max).map { [byte, $0] } : [[byte]]
        }
        guard Set(rows.keys).isSubset(of: paths) else { return false }
        return paths.allSatisfy { (try? has(rows[$0] ?? [], at: $0)) == true }
    }
}
