internal import VaultCrypto
internal import VaultStore

/// The result of opening every box of a vault and following every chain.
public struct Verification: Sendable {
    /// Something that differs from what the vault wrote.
    public enum Finding: Sendable, Hashable {
        /// A key slot was edited, planted or removed; its name.
        case slot(String)
        /// This number of applications can't be opened.
        case unreadableApplications(Int)
        /// The set of applications differs from the last that was written: one was planted, removed, or is older.
        case applicationsDiffer
        /// This number of cached tokens can't be opened; each costs a request.
        case unreadableTokens(Int)
        /// Entries of the audit trail are missing, or planted.
        case auditTrailHasGaps
        /// The chain of the audit trail breaks at this entry.
        case auditTrailBroken(Int64)
        /// The audit trail ends before this entry, which it had.
        case auditTrailCut(Int64)
        /// This entry of the audit trail is another one than it was.
        case auditTrailForked(Int64)
        /// This entry of the audit trail is no longer kept, so that nothing is known of it.
        case auditTrailForgot(Int64)
        /// The vault got a new key or format since this entry, which gives all entries other digests.
        case auditTrailResealed(Int64)

        /// Whether it damages the vault.
        public var isDamage: Bool {
            switch self {
            case .unreadableTokens, .auditTrailForgot, .auditTrailResealed: false
            default: true
            }
        }

        /// Whether it is about an earlier end of the audit trail that was expected.
        public var isAboutExpectation: Bool {
            switch self {
            case .auditTrailCut, .auditTrailForked, .auditTrailForgot, .auditTrailResealed: true
            default: false
            }
        }
    }

    /// The number of applications.
    public let applications: Int
    /// The number of cached tokens.
    public let tokens: Int
    /// The number of entries in the audit trail.
    public let auditEntries: Int
    /// What differs from what was written; empty if the vault is whole.
    public let findings: [Finding]
}

extension Vault {
    /// Opens every box and follows every chain.
    ///
    /// - Parameter head: an earlier end of the audit trail, which it must still have.
    /// - Returns: the counts and findings.
    /// - Throws: why the vault can't be read at all.
    public func verify(expecting head: AuditTrail.Head? = nil) async throws(VaultError) -> Verification {
        try await dependencies.perform { () throws(VaultError) in try contents.verify(expecting: head) }
    }
}

extension UnlockedVault {
    /// Opens every box and follows every chain.
    ///
    /// - Throws: why the vault can't be read at all; faults inside are findings.
    func verify(expecting head: AuditTrail.Head? = nil) throws(VaultError) -> Verification {
        do { try database.checkStructure() } catch { throw VaultError(error) }
        let (header, snapshot) = try read(.everything)
        return verification(of: snapshot, header, expecting: head)
    }

    /// The findings in rows that were read together with their header.
    func verification(of snapshot: Snapshot, _ header: CheckedHeader, expecting head: AuditTrail.Head? = nil)
        -> Verification
    {
        var findings = header.alteredSlots.map { Verification.Finding.slot($0.name) }
        let certificates = Dictionary(grouping: snapshot.certificates, by: \.application)
        let applications = snapshot.applications.compactMap { opened($0, certificates[$0.id] ?? []) }
        let closed = snapshot.applications.count - applications.count
        if closed > 0 { findings.append(.unreadableApplications(closed)) }
        if !hasAllRows(snapshot, header.state, includingNodes: true) { findings.append(.applicationsDiffer) }
        let known = Dictionary(applications.map { ($0.row.id, $0) }) { one, _ in one }
        let broken = snapshot.tokens.filter { row in
            guard let application = known[row.application] else { return true }
            return (try? sealer.token(row, of: application)) == nil && (try? sealer.note(row, of: application)) == nil
        }.count
        if broken > 0 { findings.append(.unreadableTokens(broken)) }
        for trail in Trail.allCases {
            if let finding = brokenLink(snapshot.log, trail, header.state) { findings.append(finding) }
        }
        if let head, let finding = missing(head, snapshot.log, header.state.changes) { findings.append(finding) }
        return Verification(
            applications: snapshot.applications.count,
            tokens: snapshot.tokens.count,
            auditEntries: snapshot.log.count,
            findings: findings
        )
    }

    /// What became of an entry that the audit trail had; nil if it still has it.
    private func missing(_ head: AuditTrail.Head, _ rows: [LogRecord], _ bounds: AuditBounds) -> Verification.Finding? {
        if head.number > bounds.newest { return .auditTrailCut(head.number) }
        let digest: [UInt8]
        if head.number == bounds.oldest - 1 {
            digest = bounds.beforeOldest
        } else if let row = rows.first(where: { $0.trail == .changes && $0.number == head.number }) {
            digest = sealer.digest(of: row)
        } else {
            return .auditTrailForgot(head.number)
        }
        guard digest != head.digest else { return nil }
        let resealing: Set<AuditEvent.Kind> = [.rekeyed, .converted]
        let isResealed = rows.contains { row in
            row.trail == .changes && row.number > head.number
                && (try? sealer.auditEntry(row)).map { resealing.contains($0.event.kind) } == true
        }
        return isResealed ? .auditTrailResealed(head.number) : .auditTrailForked(head.number)
    }

    /// The application, if all of its boxes open, and it has no box too many.
    private func opened(_ row: ApplicationRecord, _ certificates: [CertificatesRecord]) -> StoredApplication? {
        guard let application = try? stored(row), (try? sealer.secret(of: row, application.metadata)) != nil,
            (application.metadata.certificates == nil) == certificates.isEmpty,
            (try? sealer.complete(application.metadata, of: row.id, from: certificates)) != nil
        else { return nil }
        return application
    }
}
