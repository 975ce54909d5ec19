internal import VaultCrypto
internal import VaultOAuth
internal import VaultStore

extension UnlockedVault {
    /// Removes an application, with its secret and its tokens.
    func remove(_ name: ApplicationName, now: Int64) throws(VaultError) {
        try changeApplication(name, now: now) { (draft, old) throws(VaultError) in
            draft.state.applications.subtract(sealer.digest(of: old.row))
            if draft.state.defaultApplication == old.row.id { draft.state.defaultApplication = nil }
            draft.changes.append(.removeApplication(id: old.row.id))
            draft.events.append(AuditEvent(.removed, name.description))
        }
    }

    /// Renames an application: its metadata is sealed anew, its secret and its tokens stay.
    func rename(_ name: ApplicationName, to newName: ApplicationName, now: Int64) throws(VaultError) {
        try changeApplication(name, now: now) { (draft, old) throws(VaultError) in
            // SQLite would ask its index, which may be damaged.
            let tag = sealer.nameTag(of: newName)
            guard !draft.snapshot.applications.contains(where: { $0.nameTag == tag && $0.id != old.row.id }) else {
                throw VaultError(StoreError.nameExists)
            }
            var metadata = old.metadata
            metadata.name = newName
            draft.put(sealer.application(old.row, metadata), replacing: old.row, sealer)
            draft.events.append(AuditEvent(.renamed, newName.description, .former(name.description)))
        }
    }

    /// Replaces the certificates that an application's endpoint is trusted by; nil takes the system's.
    func trust(_ caFile: CAFile?, for name: ApplicationName, now: Int64) throws(VaultError) {
        try changeApplication(name, now: now) { (draft, old) throws(VaultError) in
            var metadata = old.metadata
            (metadata.caFile, metadata.certificates) = (caFile?.path, caFile?.certificates)
            draft.put(sealer.application(old.row, metadata), replacing: old.row, sealer)
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
    func rotate(
        _ name: ApplicationName,
        to new: borrowing NewApplication,
        proof: ProvenToken,
        now: Int64
    ) throws(VaultError) {
        try changeApplication(name, now: now) { (draft, old) throws(VaultError) in
            var metadata = new.metadata(now: now, created: old.metadata.created)
            metadata.name = name
            let row = new.withSecret { sealer.application(old.row.id, metadata, secret: $0) }
            draft.put(row, replacing: old.row, sealer)
            draft.changes.append(.removeTokens(application: old.row.id))
            if let token = sealer.token(proof, of: row.id, metadata) { draft.changes.append(.putToken(token)) }
            draft.events.append(AuditEvent(.rotated, name.description))
        }
    }

    private func changeApplication(
        _ name: ApplicationName,
        now: Int64,
        _ body: (inout PendingWrite, StoredApplication) throws(VaultError) -> Void
    ) throws(VaultError) {
        let tag = sealer.nameTag(of: name)
        try changeApplications(now: now) { (draft) throws(VaultError) in
            guard let row = draft.snapshot.applications.first(where: { $0.nameTag == tag }) else {
                throw .noApplication(name, known: try applications().map(\.metadata.name))
            }
            try body(&draft, try stored(row))
        }
    }
}
