internal import VaultCrypto
internal import VaultOAuth
internal import VaultStore

/// An application in the vault, its secret still sealed.
struct StoredApplication: Sendable {
    let row: ApplicationRecord
    let metadata: ApplicationMetadata
    /// The digest of the row, by which the header authenticates it, and to which its tokens are bound.
    let digest: [UInt8]

    init(_ row: ApplicationRecord, _ metadata: ApplicationMetadata, _ sealer: borrowing RecordSealer) {
        self.init(row, metadata, digest: sealer.digest(of: row))
    }

    init(_ row: ApplicationRecord, _ metadata: ApplicationMetadata, digest: [UInt8]) {
        self.row = row
        self.metadata = metadata
        self.digest = digest
    }
}

extension UnlockedVault {
    /// All applications, by name, after their rows were compared with the header.
    func applications() throws(VaultError) -> [StoredApplication] {
        let (header, snapshot) = try read(Query(applications: .all))
        try compare(snapshot, with: header.state)
        var applications: [StoredApplication] = []
        for row in snapshot.applications { applications.append(try stored(row)) }
        return applications.sorted { $0.metadata.name.description < $1.metadata.name.description }
    }

    /// An application with its cached tokens: the named one, else the default, else the only one.
    ///
    /// - Throws: `noApplication`, with the existing names; `tryAgain` where other processes change the vault all the
    ///   time.
    func application(_ name: ApplicationName?) throws(VaultError) -> (
        application: StoredApplication, tokens: [TokenRecord]
    ) {
        guard let found = try find(name) else { throw try missing(name) }
        return found
    }

    /// The same; nil if there is none.
    func find(_ name: ApplicationName?) throws(VaultError) -> (
        application: StoredApplication, tokens: [TokenRecord]
    )? {
        // What takes two readings may see two states: while a vault is converted, all rows change.
        try withOneState { () throws(VaultError) in try lookUp(name) }
    }

    /// That there is no such application, with the names of those that there are.
    func missing(_ name: ApplicationName?) throws(VaultError) -> VaultError {
        let count = try read().header.state.applications.count
        guard let count, count > Self.nameLimit else {
            return .noApplication(name, known: try applications().map(\.metadata.name))
        }
        return .noApplication(name, known: [], count: Int(count))
    }

    /// So many applications are read for the remedy of an error.
    private static let nameLimit = 1000

    private func lookUp(_ name: ApplicationName?) throws(VaultError) -> (
        application: StoredApplication, tokens: [TokenRecord]
    )? {
        guard name == nil else { return try lookUp(name, nil) }
        let state = try read().header.state
        // Of several none is the only one: they needn't be read.
        if state.defaultApplication == nil, let count = state.applications.count, count > 1 { return nil }
        return try lookUp(nil, state.defaultApplication)
    }

    /// Looks up an application, with its tokens.
    ///
    /// - Parameters:
    ///   - name: of the application; nil for the default or only one.
    ///   - preset: the row of the default application, where there is no name.
    /// - Returns: the application, and the rows of its tokens; nil if there is none.
    /// - Throws: as `application`.
    func lookUp(_ name: ApplicationName?, _ preset: [UInt8]?) throws(VaultError) -> (
        application: StoredApplication, tokens: [TokenRecord]
    )? {
        let tag = name.map { sealer.nameTag(of: $0) }
        let wanted: Query.Applications = tag.map { .named(tags: [$0]) } ?? preset.map { .identified(id: $0) } ?? .all
        let (header, snapshot) = try read(Query(applications: wanted, tokens: .ofApplicationsRead))
        let found: StoredApplication?
        if let tag {
            found = try application(tag, header, snapshot)
        } else if preset != nil {
            found = try snapshot.applications.first.map { (row) throws(VaultError) in
                try authenticated(row, header, snapshot)
            }
        } else {
            try compare(snapshot, with: header.state)
            found = snapshot.applications.count == 1 ? try stored(snapshot.applications[0]) : nil
        }
        guard let found else { return nil }
        let tokens = snapshot.tokens.filter { $0.application == found.row.id }
        return (found, tokens)
    }

    /// The application whose name has this tag; nil if there is none.
    ///
    /// SQLite's index over tags isn't authenticated: what it finds is, and what it doesn't find isn't there if the rows
    /// next to it are all that the tree has. Otherwise the index is damaged, or a row is missing: all rows are
    /// compared.
    func application(_ nameTag: [UInt8], _ header: CheckedHeader, _ snapshot: Snapshot) throws(VaultError)
        -> StoredApplication?
    {
        if let row = snapshot.applications.first(where: { $0.nameTag == nameTag }) {
            return try authenticated(row, header, snapshot)
        }
        if case .tree = header.state.applications {
            let tree = try tree(header, snapshot)
            let path = tree.path(of: nameTag)
            let leaves = snapshot.neighbours.filter { $0.nameTag.starts(with: path) }.map {
                ApplicationTree.Leaf($0, sealer)
            }
            if (try? tree.has(leaves, at: path)) == true { return nil }
        }
        return try allRows(under: header).first { $0.nameTag == nameTag }.map { (row) throws(VaultError) in
            try stored(row)
        }
    }

    /// All rows of the state that a header is of, after they were compared with it.
    ///
    /// - Throws: `damaged`; `tryAgain` where another process has changed the vault since.
    private func allRows(under header: CheckedHeader) throws(VaultError) -> [ApplicationRecord] {
        let (present, snapshot) = try read(Query(applications: .all))
        try compare(snapshot, with: present.state)
        guard present.record.tag == header.record.tag else { throw VaultError(StoreError.changedMeanwhile) }
        return snapshot.applications
    }

    /// The application of that name tag in the state that a change is based on.
    func application(_ nameTag: [UInt8], _ draft: PendingWrite) throws(VaultError) -> StoredApplication? {
        try application(nameTag, draft.header, draft.snapshot)
    }

    /// Writes an application's row and its certificates, and keeps the tree over all rows up to date.
    func put(_ new: StoredApplication, replacing old: StoredApplication?, in draft: inout PendingWrite)
        throws(VaultError)
    {
        try exchange([(old.map { ApplicationTree.Leaf($0) }, ApplicationTree.Leaf(new))], in: &draft)
        draft.changes += [.putApplication(new.row)] + sealer.certificateChanges(of: new, replacing: old)
    }

    /// An application's metadata with the certificates that the vault keeps for it, after its row was compared with the
    /// header anew.
    func complete(_ application: StoredApplication) throws(VaultError) -> ApplicationMetadata {
        guard application.metadata.certificates != nil else { return application.metadata }
        let snapshot = try unchanged(application, certificates: true)
        do throws(CryptoError) {
            let rows = snapshot.certificates
            return try sealer.complete(application.metadata, of: application.row.id, from: rows)
        } catch {
            throw .damaged(.certificatesUnreadable(application.metadata.name))
        }
    }

    /// The application's row once more, which must be the same, and the header's.
    private func unchanged(_ application: StoredApplication, certificates: Bool = false) throws(VaultError) -> Snapshot
    {
        let wanted = Query(applications: .identified(id: application.row.id), certificates: certificates)
        let (header, snapshot) = try read(wanted)
        guard snapshot.applications.first == application.row else { throw VaultError(StoreError.changedMeanwhile) }
        _ = try authenticated(application.row, header, snapshot)
        return snapshot
    }

    /// Exchanges rows in the tree, which is made anew where it gets too many for its depth.
    func exchange(_ rows: [(old: ApplicationTree.Leaf?, new: ApplicationTree.Leaf)], in draft: inout PendingWrite)
        throws(VaultError)
    {
        let added = rows.count { $0.old == nil }
        guard added > 0, draft.tree.isFull(with: added) else { return try draft.replace(rows, sealer) }
        let replaced = Set(rows.compactMap(\.old?.nameTag))
        let others = try allRows(under: draft.header).map { ApplicationTree.Leaf($0, sealer) }
        draft.tree = ApplicationTree(others.filter { !replaced.contains($0.nameTag) } + rows.map(\.new), sealer)
    }

    /// Opens an application's secret, after its row was compared with the header anew.
    ///
    /// - Returns: the secret, in guarded memory.
    func secret(of application: StoredApplication) throws(VaultError) -> SecretBytes {
        _ = try unchanged(application)
        do {
            return try sealer.secret(of: application.row, application.metadata)
        } catch {
            throw .damaged(.secretUnreadable(application.metadata.name))
        }
    }

    /// The application in a row that the header authenticates.
    ///
    /// - Throws: `damaged` for a row that was planted, or put back from an older file.
    func authenticated(_ row: ApplicationRecord, _ header: CheckedHeader, _ snapshot: Snapshot)
        throws(VaultError) -> StoredApplication
    {
        switch header.state.applications {
        case .sum:
            let all = try read(Query(applications: .all))
            try compare(all.snapshot, with: all.header.state)
            guard all.snapshot.applications.contains(row) else {
                // In one state it was planted, or put back; in another one it may have been changed.
                let isSame = all.header.record.tag == header.record.tag
                throw isSame ? .damaged(.applicationsDiffer) : VaultError(StoreError.changedMeanwhile)
            }
        case .tree(let summary):
            let leaf = ApplicationTree.Leaf(row, sealer)
            guard (try? ApplicationTree.contains(leaf, summary, snapshot.nodes, sealer)) == true else {
                throw .damaged(.applicationsDiffer)
            }
            return try stored(row, digest: leaf.digest)
        }
        return try stored(row)
    }

    /// The application in a row that is one of the tree's.
    func authenticated(_ row: ApplicationRecord, by tree: ApplicationTree) throws(VaultError) -> StoredApplication {
        let leaf = ApplicationTree.Leaf(row, sealer)
        guard (try? tree.contains(leaf)) == true else { throw .damaged(.applicationsDiffer) }
        return try stored(row, digest: leaf.digest)
    }

    /// The part of the tree that was read.
    func tree(_ header: CheckedHeader, _ snapshot: Snapshot) throws(VaultError) -> ApplicationTree {
        guard case .tree(let summary) = header.state.applications else { throw .damaged(.headerUnreadable) }
        do throws(ApplicationTree.Broken) {
            return try ApplicationTree(summary, snapshot.nodes, sealer)
        } catch {
            throw .damaged(.applicationsDiffer)
        }
    }

    func stored(_ row: ApplicationRecord) throws(VaultError) -> StoredApplication {
        try stored(row, digest: sealer.digest(of: row))
    }

    private func stored(_ row: ApplicationRecord, digest: [UInt8]) throws(VaultError) -> StoredApplication {
        do {
            return StoredApplication(row, try sealer.metadata(of: row), digest: digest)
        } catch {
            throw .damaged(.metadataUnreadable)
        }
    }

    /// Refuses rows that aren't all those of the header.
    func compare(_ snapshot: Snapshot, with state: HeaderState) throws(VaultError) {
        guard hasAllRows(snapshot, state) else { throw .damaged(.applicationsDiffer) }
    }

    /// Whether these are all rows of the header, and all nodes above them if `includingNodes`.
    func hasAllRows(_ snapshot: Snapshot, _ state: HeaderState, includingNodes: Bool = false) -> Bool {
        guard !snapshot.exceedsLimit else { return false }
        switch state.applications {
        case .sum(let expected):
            var sum = SetHash()
            for row in snapshot.applications { sum.add(sealer.digest(of: row)) }
            return sum == expected
        case .tree(let summary):
            let leaves = snapshot.applications.map { ApplicationTree.Leaf($0, sealer) }
            if !includingNodes, let isWhole = ApplicationTree.isLeaf(leaves, summary, sealer) { return isWhole }
            let tree = ApplicationTree(leaves, depth: summary.depth, sealer)
            return tree.summary == summary && (!includingNodes || snapshot.nodes == tree.records)
        }
    }
}

extension PendingWrite {
    /// Exchanges a row in the tree.
    mutating func replace(_ old: ApplicationTree.Leaf?, by new: ApplicationTree.Leaf?, _ sealer: borrowing RecordSealer)
        throws(VaultError)
    {
        try replace([(old, new)], sealer)
    }

    /// Exchanges rows in the tree.
    mutating func replace(
        _ rows: [(old: ApplicationTree.Leaf?, new: ApplicationTree.Leaf?)],
        _ sealer: borrowing RecordSealer
    ) throws(VaultError) {
        do throws(ApplicationTree.Broken) {
            try tree.replace(rows, sealer)
        } catch {
            throw .damaged(.applicationsDiffer)
        }
    }
}

extension VaultError {
    static func noApplication(_ name: ApplicationName?, known: [ApplicationName], count: Int? = nil) -> VaultError {
        VaultError(VaultProblem.noApplication(name, known: known, count: count ?? known.count))
    }
}
