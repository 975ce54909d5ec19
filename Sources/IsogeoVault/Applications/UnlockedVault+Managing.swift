internal import VaultCrypto
internal import VaultHTTP
internal import VaultOAuth
internal import VaultStore

extension UnlockedVault {
    /// Removes an application, with its secret and its tokens.
    func remove(_ name: ApplicationName, now: Int64) throws(VaultError) {
        try changeApplication(name, now: now) { (draft, old) throws(VaultError) in
            try draft.replace(ApplicationTree.Leaf(old), by: nil, sealer)
            if draft.state.defaultApplication == old.row.id { draft.state.defaultApplication = nil }
            draft.changes.append(.removeApplication(id: old.row.id))
            draft.events.append(AuditEvent(.removed, name.description))
        }
    }

    /// Renames an application: its metadata and its tokens are sealed anew, its secret stays.
    func rename(_ name: ApplicationName, to newName: ApplicationName, now: Int64) throws(VaultError) {
        let newTag = sealer.nameTag(of: newName)
        try changeApplication(name, and: [newTag], now: now) { (draft, old) throws(VaultError) in
            if let other = try application(newTag, draft), other.row.id != old.row.id {
                throw VaultError(StoreError.nameExists)
            }
            var metadata = old.metadata
            metadata.name = newName
            try put(metadata, of: old, in: &draft)
            draft.events.append(AuditEvent(.renamed, newName.description, .former(name.description)))
        }
    }

    /// Replaces the certificates that an application's endpoint is trusted by; nil takes the system's.
    func trust(_ caFile: CAFile?, for name: ApplicationName, now: Int64) throws(VaultError) {
        try changeApplication(name, now: now) { (draft, old) throws(VaultError) in
            var metadata = old.metadata
            (metadata.caFile, metadata.certificates) = (caFile?.path, caFile.map(KeptCertificates.init))
            try put(metadata, of: old, in: &draft)
            draft.events.append(AuditEvent(.certificatesChanged, name.description))
        }
    }

    /// Sets the application for calls that name none; nil unsets it.
    func setDefault(_ name: ApplicationName?, now: Int64) throws(VaultError) {
        guard let name else {
            return try change(Query(), now: now) { (draft) throws(VaultError) in
                draft.state.defaultApplication = nil
                draft.events.append(AuditEvent(.defaultChanged))
            }
        }
        try changeApplication(name, now: now) { (draft, application) throws(VaultError) in
            draft.state.defaultApplication = application.row.id
            draft.events.append(AuditEvent(.defaultChanged, name.description))
        }
    }

    /// Replaces an application's secret by a proven one, and stores the token that proved it.
    ///
    /// - Throws: `tryAgain` where its row isn't the one any more that has the digest `basis`.
    func rotate(
        _ name: ApplicationName,
        as basis: [UInt8],
        to new: borrowing NewApplication,
        proof: ProvenToken,
        now: Int64
    ) throws(VaultError) {
        try changeApplication(name, now: now) { (draft, old) throws(VaultError) in
            guard old.digest == basis else { throw VaultError(.applicationChanged(name)) }
            var metadata = new.metadata(now: now, created: old.metadata.created)
            metadata.name = name
            let row = new.withSecret { sealer.application(old.row.id, metadata, secret: $0) }
            let application = StoredApplication(row, metadata, sealer)
            try put(application, replacing: old, in: &draft)
            draft.changes.append(.removeTokens(application: old.row.id))
            if let token = sealer.token(proof, of: application) {
                draft.changes.append(.putToken(token))
            }
            draft.events.append(AuditEvent(.rotated, name.description))
        }
    }

    /// Writes other metadata of the same credential: the secret stays sealed as it is, and tokens, which are bound to
    /// the row, are sealed anew.
    private func put(_ metadata: ApplicationMetadata, of old: StoredApplication, in draft: inout PendingWrite)
        throws(VaultError)
    {
        let new = StoredApplication(sealer.application(old.row, metadata), metadata, sealer)
        try put(new, replacing: old, in: &draft)
        for token in draft.snapshot.tokens where token.application == old.row.id {
            // One that doesn't open counts as none.
            let row = try? sealer.row(token, of: old, for: new, id: token.id)
            draft.changes.append(row.map { .putToken($0) } ?? .removeToken(id: token.id))
        }
    }

    private func changeApplication(
        _ name: ApplicationName,
        and others: [[UInt8]] = [],
        now: Int64,
        _ body: (inout PendingWrite, StoredApplication) throws(VaultError) -> Void
    ) throws(VaultError) {
        let tag = sealer.nameTag(of: name)
        let wanted = Query(applications: .named(tags: [tag] + others.filter { $0 != tag }), tokens: .ofApplicationsRead)
        try change(wanted, now: now) { (draft) throws(VaultError) in
            guard let application = try application(tag, draft) else {
                throw try missing(name)
            }
            try body(&draft, application)
        }
    }
}
