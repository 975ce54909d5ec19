internal import VaultCrypto
internal import VaultStore

/// An application as it lies in the vault: its secret is still sealed.
struct StoredApplication: Sendable {
    let row: ApplicationRecord
    let metadata: ApplicationMetadata
}

extension VaultContents {
    // Up to so many rows are all compared with the header before a secret is opened.
    private static let comparedLimit: Int64 = 1000

    /// Adds an application; one of the same name is replaced only when that is said.
    ///
    /// - Returns: whether one was replaced. It keeps its row and loses its tokens.
    /// - Throws: `exists`, and what a change throws.
    func add(_ new: borrowing NewApplication, replacing: Bool, now: Int64) throws(VaultError) -> Bool {
        let nameTag = sealer.nameTag(of: new.name)
        return try change(Wanted(applications: .named(tag: nameTag)), now: now) {
            (state, snapshot) throws(VaultError) -> (changes: [Change], result: Bool) in
            guard let old = snapshot.applications.first else {
                let row = new.withSecret {
                    sealer.application(Sodium.randomBytes(16), new.metadata(now: now), secret: $0)
                }
                state.applications.add(sealer.digest(of: row))
                return ([.putApplication(row)], false)
            }
            guard replacing else {
                throw VaultError(
                    .exists,
                    "There is an application \(new.name) already.",
                    remedy: "Replace its secret with --replace, or give the new one another name with --name."
                )
            }
            let metadata = new.metadata(now: now, created: try stored(old).metadata.created)
            let row = new.withSecret { sealer.application(old.id, metadata, secret: $0) }
            state.applications.subtract(sealer.digest(of: old))
            state.applications.add(sealer.digest(of: row))
            return ([.putApplication(row), .removeTokens(application: old.id)], true)
        }
    }

    /// All applications, by name; the rows are compared with what the header says of them.
    func applications() throws(VaultError) -> [StoredApplication] {
        let (header, snapshot) = try read(Wanted(applications: .all))
        try compare(snapshot.applications, with: header)
        var applications: [StoredApplication] = []
        for row in snapshot.applications { applications.append(try stored(row)) }
        return applications.sorted { $0.metadata.name.description < $1.metadata.name.description }
    }

    /// The application that is meant, with its cached tokens: the one of that name, else the default, else the only one.
    ///
    /// - Throws: `noApplication`, with the names that there are.
    func application(_ name: ApplicationName?) throws(VaultError) -> (
        application: StoredApplication, tokens: [TokenRecord]
    ) {
        let wanted: Wanted.Applications
        if let name {
            wanted = .named(tag: sealer.nameTag(of: name))
        } else if let row = try read().header.state.defaultApplication {
            wanted = .identified(id: row)
        } else {
            wanted = .all
        }
        let (_, snapshot) = try read(Wanted(applications: wanted, tokens: .ofApplicationsRead))
        guard let row = snapshot.applications.first, snapshot.applications.count == 1 else {
            throw .noApplication(name, known: try applications().map(\.metadata.name))
        }
        return (try stored(row), snapshot.tokens)
    }

    /// Opens an application's secret, after the rows were compared with the header, as far as there aren't too many.
    ///
    /// - Returns: the secret, in guarded memory.
    func secret(of application: StoredApplication) throws(VaultError) -> SecretBytes {
        let counts = try read(Wanted(counts: true)).snapshot.counts
        if let counts, counts.applications <= Self.comparedLimit {
            let (header, snapshot) = try read(Wanted(applications: .all))
            try compare(snapshot.applications, with: header)
            guard snapshot.applications.contains(application.row) else {
                throw VaultError(StoreError.changedMeanwhile)
            }
        }
        do {
            return try sealer.secret(of: application.row, application.metadata)
        } catch {
            throw .damaged("the secret of \(application.metadata.name) can't be opened")
        }
    }

    private func stored(_ row: ApplicationRecord) throws(VaultError) -> StoredApplication {
        do {
            return StoredApplication(row: row, metadata: try sealer.metadata(of: row))
        } catch {
            throw .damaged("an application's metadata can't be opened")
        }
    }

    private func compare(_ rows: [ApplicationRecord], with header: CheckedHeader) throws(VaultError) {
        var sum = SetHash()
        for row in rows { sum.add(sealer.digest(of: row)) }
        guard sum == header.state.applications else {
            throw .damaged("its applications are not those that were written, or partly older")
        }
    }
}

extension VaultError {
    fileprivate static func noApplication(_ name: ApplicationName?, known: [ApplicationName]) -> VaultError {
        // Enough to find a name that was mistyped; `list` has the others.
        let names = known.prefix(12).map(\.description).joined(separator: ", ") + (known.count > 12 ? ", …" : "")
        let remedy =
            known.isEmpty
            ? "Import a client_secrets.json: isogeo-vault import FILE"
            : "Name one of those in the vault: \(names)"
        guard let name else {
            let sentence =
                known.isEmpty
                ? "The vault holds no application." : "The vault holds \(known.count) applications, and none was named."
            return VaultError(.noApplication, sentence, remedy: remedy)
        }
        return VaultError(.noApplication, "There is no application \(name) in the vault.", remedy: remedy)
    }
}
