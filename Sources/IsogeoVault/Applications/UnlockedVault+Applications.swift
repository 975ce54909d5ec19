internal import VaultCrypto
internal import VaultOAuth
internal import VaultStore

/// An application in the vault, its secret still sealed.
struct StoredApplication: Sendable {
    let row: ApplicationRecord
    let metadata: ApplicationMetadata
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
        return try changeApplications(now: now) { (draft) throws(VaultError) -> Bool in
            let old = draft.snapshot.applications.first { $0.nameTag == nameTag }
            guard old == nil || replacing else {
                throw VaultError(.applicationExists(new.name))
            }
            let created = try old.map { (row) throws(VaultError) in try stored(row).metadata.created }
            let metadata = new.metadata(now: now, created: created)
            let row = new.withSecret { sealer.application(old?.id ?? Sodium.randomBytes(16), metadata, secret: $0) }
            draft.put(row, replacing: old, sealer)
            if let old { draft.changes.append(.removeTokens(application: old.id)) }
            draft.events.append(AuditEvent(old == nil ? .imported : .replaced, new.name.description))
            if let proof {
                if let token = sealer.token(proof, of: row.id, metadata) {
                    draft.changes.append(.putToken(token))
                }
                draft.events.append(AuditEvent(.tokenRequested, new.name.description))
            }
            return old != nil
        }
    }

    /// All applications, by name, after their rows were compared with the header.
    func applications() throws(VaultError) -> [StoredApplication] {
        let (header, snapshot) = try read(Query(applications: .all))
        try compare(snapshot.applications, with: header.state)
        var applications: [StoredApplication] = []
        for row in snapshot.applications { applications.append(try stored(row)) }
        return applications.sorted { $0.metadata.name.description < $1.metadata.name.description }
    }

    /// An application with its cached tokens: the named one, else the default, else the only one.
    ///
    /// SQLite's index over names isn't authenticated: what it finds is, by its box, and what it doesn't find is looked
    /// for among all rows, after they were compared with the header.
    ///
    /// - Throws: `noApplication`, with the existing names.
    func application(_ name: ApplicationName?) throws(VaultError) -> (
        application: StoredApplication, tokens: [TokenRecord]
    ) {
        let wanted: Query.Applications
        let preset = name == nil ? try read().header.state.defaultApplication : nil
        if let name {
            wanted = .named(tag: sealer.nameTag(of: name))
        } else if let preset {
            wanted = .identified(id: preset)
        } else {
            wanted = .all
        }
        let (_, snapshot) = try read(Query(applications: wanted, tokens: .ofApplicationsRead))
        if let row = snapshot.applications.first, snapshot.applications.count == 1 {
            return (try stored(row), snapshot.tokens)
        }
        let all = try applications()
        guard let found = all.first(where: { name == nil ? $0.row.id == preset : $0.metadata.name == name }) else {
            throw .noApplication(name, known: all.map(\.metadata.name))
        }
        return (found, try read(Query(tokens: .of(application: found.row.id))).snapshot.tokens)
    }

    /// Changes applications, after all rows were compared with the header: a damaged index, or a row that is missing,
    /// must not pass for a free name.
    func changeApplications<Result>(
        now: Int64,
        _ body: (inout PendingWrite) throws(VaultError) -> Result
    ) throws(VaultError) -> Result {
        try change(Query(applications: .all), now: now) { (draft) throws(VaultError) -> Result in
            try compare(draft.snapshot.applications, with: draft.state)
            return try body(&draft)
        }
    }

    /// Opens an application's secret, after all rows were compared with the header.
    ///
    /// It compares any number of rows: an attacker who plants rows could exceed a limit. The request that follows takes
    /// longer.
    ///
    /// - Returns: the secret, in guarded memory.
    func secret(of application: StoredApplication) throws(VaultError) -> SecretBytes {
        let (header, snapshot) = try read(Query(applications: .all))
        try compare(snapshot.applications, with: header.state)
        guard snapshot.applications.contains(application.row) else { throw VaultError(StoreError.changedMeanwhile) }
        do {
            return try sealer.secret(of: application.row, application.metadata)
        } catch {
            throw .damaged(.secretUnreadable(application.metadata.name))
        }
    }

    func stored(_ row: ApplicationRecord) throws(VaultError) -> StoredApplication {
        do {
            return StoredApplication(row: row, metadata: try sealer.metadata(of: row))
        } catch {
            throw .damaged(.metadataUnreadable)
        }
    }

    /// Refuses rows that aren't all those of the header.
    func compare(_ rows: [ApplicationRecord], with state: HeaderState) throws(VaultError) {
        guard sum(of: rows) == state.applications else { throw .damaged(.applicationsDiffer) }
    }

    func sum(of rows: [ApplicationRecord]) -> SetHash {
        var sum = SetHash()
        for row in rows { sum.add(sealer.digest(of: row)) }
        return sum
    }
}

extension UnlockedVault {
    /// Whether the stored application of that name has the same client_id, endpoint and secret.
    func holds(_ new: borrowing NewApplication) throws(VaultError) -> Bool {
        guard let application = try applications().first(where: { $0.metadata.name == new.name }) else { return false }
        guard new.isSameClient(as: application.metadata) else { return false }
        let secret = try secret(of: application)
        return new.withSecret { $0.matches(secret) }
    }

    /// The other names under which the vault holds the same client_id of the same endpoint.
    ///
    /// The names are a courtesy: errors are reported elsewhere, and a vault with thousands of applications isn't
    /// searched.
    func otherNames(of new: borrowing NewApplication) -> [ApplicationName] {
        guard let counts = try? read(Query(counts: true)).snapshot.counts, counts.applications <= 1000,
            let applications = try? applications()
        else { return [] }
        var names: [ApplicationName] = []
        for application in applications where application.metadata.name != new.name {
            if new.isSameClient(as: application.metadata) { names.append(application.metadata.name) }
        }
        return names
    }
}

extension RecordSealer {
    /// The row of the token that proved a credential; nil if the token may not be kept.
    func token(_ proof: ProvenToken, of application: [UInt8], _ metadata: ApplicationMetadata) -> TokenRecord? {
        guard proof.grant.isCacheable else { return nil }
        let id = tokenID(of: application, metadata, request: proof.request)
        return token(id, of: application, StoredToken(proof.grant))
    }
}

extension PendingWrite {
    /// Writes an application's row, and keeps the header's sum over all rows up to date.
    mutating func put(_ row: ApplicationRecord, replacing old: ApplicationRecord?, _ sealer: borrowing RecordSealer) {
        if let old { state.applications.subtract(sealer.digest(of: old)) }
        state.applications.add(sealer.digest(of: row))
        changes.append(.putApplication(row))
    }
}

extension VaultError {
    static func noApplication(_ name: ApplicationName?, known: [ApplicationName]) -> VaultError {
        VaultError(VaultProblem.noApplication(name, known: known))
    }
}
