internal import VaultCrypto
internal import VaultOAuth
internal import VaultStore

/// An application that a change adds, sealed for the vault.
struct AddedApplication {
    let row: ApplicationRecord
    let old: StoredApplication?
    let leaf: ApplicationTree.Leaf
    private let name: ApplicationName
    private let token: TokenRecord?
    private let certificates: [Mutation]
    private let isProven: Bool

    init(
        _ new: borrowing NewApplication,
        replacing old: StoredApplication?,
        _ proof: ProvenToken?,
        _ sealer: borrowing RecordSealer,
        now: Int64
    ) {
        let metadata = new.metadata(now: now, created: old?.metadata.created)
        let id = old?.row.id ?? Sodium.randomBytes(16)
        let row = new.withSecret { sealer.application(id, metadata, secret: $0) }
        let stored = StoredApplication(row, metadata, sealer)
        token = proof.flatMap { sealer.token($0, of: stored) }
        certificates = sealer.certificateChanges(of: stored, replacing: old)
        leaf = ApplicationTree.Leaf(stored)
        name = new.name
        isProven = proof != nil
        self.row = row
        self.old = old
    }

    init(
        _ applications: borrowing NewApplications,
        at index: Int,
        replacing old: StoredApplication?,
        _ sealer: borrowing RecordSealer,
        now: Int64
    ) {
        let new = applications.application(at: index)
        self.init(new, replacing: old, applications.proof(at: index), sealer, now: now)
    }

    /// What writes it, but for the tree.
    var changes: [Mutation] {
        [.putApplication(row)] + certificates + (old.map { [.removeTokens(application: $0.row.id)] } ?? [])
            + (token.map { [.putToken($0)] } ?? [])
    }

    var events: [AuditEvent] {
        [AuditEvent(old == nil ? .imported : .replaced, name.description)]
            + (isProven ? [AuditEvent(.tokenRequested, name.description)] : [])
    }
}

extension UnlockedVault {
    /// Adds an application; replaces one of the same name only if `replacing` allows it.
    ///
    /// - Returns: whether one was replaced; it keeps its row and loses its tokens.
    /// - Throws: `exists`, and what a change throws.
    func add(_ new: borrowing NewApplication, replacing: Bool, proven proof: ProvenToken? = nil, now: Int64)
        throws(VaultError) -> Bool
    {
        try proof?.check(new)
        let nameTag = sealer.nameTag(of: new.name)
        return try change(Query(applications: .named(tags: [nameTag])), now: now) {
            (draft) throws(VaultError) -> Bool in
            let old = try application(nameTag, draft)
            guard old == nil || replacing else {
                throw VaultError(.applicationExists(new.name))
            }
            try new.publicPart.check(replacing: old)
            try put([AddedApplication(new, replacing: old, proof, sealer, now: now)], in: &draft)
            return old != nil
        }
    }

    /// Adds applications, all in one transaction.
    ///
    /// - Returns: what became of each; nothing is written if the vault has all of their names and keeps them.
    /// - Throws: what a change throws.
    func add(_ new: borrowing NewApplications, replacing: Bool, now: Int64) throws(VaultError)
        -> [NewApplications.Outcome]
    {
        let tags = new.names.map { sealer.nameTag(of: $0) }
        let deadline = ContinuousClock.now + VaultDatabase.patience
        while true {
            do throws(VaultError) { return try add(new, tags, replacing: replacing, now: now) } catch {
                // Many are looked up by several readings, which must see one state.
                guard case .store(.changedMeanwhile)? = error.problem as? VaultProblem, tags.count > Self.lookUpCount,
                    ContinuousClock.now < deadline
                else { throw error }
            }
        }
    }

    private func add(_ new: borrowing NewApplications, _ tags: [[UInt8]], replacing: Bool, now: Int64)
        throws(VaultError) -> [NewApplications.Outcome]
    {
        let wanted = Query(applications: tags.count > Self.lookUpCount ? .none : .named(tags: tags))
        return try change(wanted, events: 2 * new.count, now: now) {
            (draft) throws(VaultError) -> [NewApplications.Outcome] in
            let present = try applications(tags, for: &draft)
            for index in present.indices where present[index] == nil || replacing {
                try new.publicPart(at: index).check(replacing: present[index])
            }
            var added: [AddedApplication] = []
            let outcomes = present.indices.map { index -> NewApplications.Outcome in
                let old = present[index]
                guard old == nil || replacing else { return .exists }
                added.append(AddedApplication(new, at: index, replacing: old, sealer, now: now))
                return old == nil ? .added : .replaced
            }
            try put(added, in: &draft)
            draft.isRehearsal = added.isEmpty
            return outcomes
        }
    }

    private func put(_ added: [AddedApplication], in draft: inout PendingWrite) throws(VaultError) {
        try exchange(added.map { ($0.old.map { ApplicationTree.Leaf($0) }, $0.leaf) }, in: &draft)
        for application in added {
            draft.changes += application.changes
            draft.events += application.events
        }
    }

    /// How many names are looked up by one reading: the rows next to them are in memory then.
    private static let lookUpCount = 256

    /// The present applications of these name tags, each authenticated, and nil only where the tree shows that there is
    /// none; the part of the tree that they are in is the draft's then.
    private func applications(_ tags: [[UInt8]], for draft: inout PendingWrite) throws(VaultError)
        -> [StoredApplication?]
    {
        var found = [StoredApplication?](repeating: nil, count: tags.count)
        // Neighbours one after the other, so that a leaf is read by one reading, or by two.
        let order = tags.indices.sorted { tags[$0].lexicographicallyPrecedes(tags[$1]) }
        for start in stride(from: 0, to: order.count, by: Self.lookUpCount) {
            let part = order[start..<min(start + Self.lookUpCount, order.count)]
            let (header, snapshot) =
                tags.count > Self.lookUpCount
                ? try read(Query(applications: .named(tags: part.map { tags[$0] }))) : (draft.header, draft.snapshot)
            // Requests for tokens change the header, and no row.
            guard header.state.applications == draft.state.applications else {
                throw VaultError(StoreError.changedMeanwhile)
            }
            let tree = try tree(header, snapshot)
            let rows = Dictionary(snapshot.applications.map { ($0.nameTag, $0) }) { first, _ in first }
            let leaves = Dictionary(grouping: snapshot.neighbours.map { ApplicationTree.Leaf($0, sealer) }) {
                tree.path(of: $0.nameTag)
            }
            let whole = Set(
                Set(part.map { tree.path(of: tags[$0]) }).filter { (try? tree.has(leaves[$0] ?? [], at: $0)) == true }
            )
            for index in part {
                let tag = tags[index]
                if let row = rows[tag] {
                    found[index] = try authenticated(row, by: tree)
                } else if !whole.contains(tree.path(of: tag)) {
                    found[index] = try application(tag, header, snapshot)
                }
            }
            draft.tree.include(tree)
        }
        return found
    }

    // MARK: - What is there

    /// Whether the stored application of that name has the same client_id, endpoint and secret.
    func holds(_ new: borrowing NewApplication) throws(VaultError) -> Bool {
        guard let application = try find(new.name)?.application else { return false }
        guard new.isSameClient(as: application.metadata) else { return false }
        let secret = try secret(of: application)
        return new.withSecret { $0.matches(secret) }
    }

    /// The other names under which the vault, or another one of these applications, holds the same client_id of the
    /// same endpoint; by their places.
    ///
    /// The names are a courtesy: errors are reported elsewhere, and a vault with thousands of applications isn't
    /// searched.
    func otherNames(of new: [NewApplication.PublicPart]) -> [[ApplicationName]] {
        var known: [Client: [ApplicationName]] = [:]
        let names = Set(new.map(\.name))
        if let counts = try? read(Query(counts: true)).snapshot.counts, counts.applications <= 1000,
            let applications = try? applications()
        {
            for application in applications where !names.contains(application.metadata.name) {
                let metadata = application.metadata
                known[Client(metadata.clientID, metadata.endpoint), default: []].append(metadata.name)
            }
        }
        return new.map { application in
            let client = Client(application.clientID, application.endpoint)
            defer { known[client, default: []].append(application.name) }
            return known[client] ?? []
        }
    }
}

extension RecordSealer {
    /// The row of the token that proved a credential; nil if the token may not be kept.
    func token(_ proof: ProvenToken, of application: StoredApplication) -> TokenRecord? {
        guard proof.grant.isCacheable else { return nil }
        let id = tokenID(of: application, request: proof.request)
        return token(id, of: application, StoredToken(proof.grant))
    }
}

/// What a server knows an application by.
private struct Client: Hashable {
    let id: String
    let endpoint: String

    init(_ id: String, _ endpoint: TokenEndpoint) { (self.id, self.endpoint) = (id, endpoint.canonicalText) }
}
