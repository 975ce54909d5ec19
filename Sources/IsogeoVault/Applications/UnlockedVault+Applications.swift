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
        return try change(Query(applications: .named(tag: nameTag)), now: now) { (draft) throws(VaultError) -> Bool in
            let old = draft.snapshot.applications.first
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
        try compare(snapshot.applications, with: header)
        var applications: [StoredApplication] = []
        for row in snapshot.applications { applications.append(try stored(row)) }
        return applications.sorted { $0.metadata.name.description < $1.metadata.name.description }
    }

    /// An application with its cached tokens: the named one, else the default, else the only one.
    ///
    /// - Throws: `noApplication`, with the existing names.
    func application(_ name: ApplicationName?) throws(VaultError) -> (
        application: StoredApplication, tokens: [TokenRecord]
    ) {
        let wanted: Query.Applications
        if let name {
            wanted = .named(tag: sealer.nameTag(of: name))
        } else if let row = try read().header.state.defaultApplication {
            wanted = .identified(id: row)
        } else {
            wanted = .all
        }
        let (_, snapshot) = try read(Query(applications: wanted, tokens: .ofApplicationsRead))
        guard let row = snapshot.applications.first, snapshot.applications.count == 1 else {
            throw .noApplication(name, known: try applications().map(\.metadata.name))
        }
        return (try stored(row), snapshot.tokens)
    }

    /// Opens an application's secret, after all rows were compared with the header.
    ///
    /// It compares any number of rows: an attacker who plants rows could exceed a limit. The request that follows takes
    /// longer.
    ///
    /// - Returns: the secret, in guarded memory.
    func secret(of application: StoredApplication) throws(VaultError) -> SecretBytes {
        let (header, snapshot) = try read(Query(applications: .all))
        try compare(snapshot.applications, with: header)
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

    func compare(_ rows: [ApplicationRecord], with header: CheckedHeader) throws(VaultError) {
        guard sum(of: rows) == header.state.applications else {
            throw .damaged(.applicationsDiffer)
        }
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
        let (_, snapshot) = try read(Query(applications: .named(tag: sealer.nameTag(of: new.name))))
        guard let row = snapshot.applications.first else { return false }
        let application = try stored(row)
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
