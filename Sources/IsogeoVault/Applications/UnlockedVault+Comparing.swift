internal import VaultCrypto
internal import VaultStore

extension UnlockedVault {
    /// Whether the stored application of that name is the one that was read: its client_id, its endpoint, its secret.
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
    /// Telling them is a courtesy: a vault that can't be read says so elsewhere, and among thousands nobody is looked for.
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
