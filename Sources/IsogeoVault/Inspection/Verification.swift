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
        try await verify(expecting: head) { _, _ in }
    }

    /// The same; `progress` is called with the number of applications that are done, and of all of them if it is known.
    package func verify(expecting head: AuditTrail.Head?, _ progress: (Int, Int64?) -> Void) async throws(VaultError)
        -> Verification
    {
        try await dependencies.perform { () throws(VaultError) in try contents.verify(expecting: head, progress) }
    }
}

extension UnlockedVault {
    /// Takes how many applications are done, and how many there are if it is known.
    typealias Progress = (Int, Int64?) -> Void

    /// Opens every box and follows every chain.
    ///
    /// - Throws: why the vault can't be read at all; faults inside are findings.
    func verify(expecting head: AuditTrail.Head? = nil, _ progress: Progress = { _, _ in }) throws(VaultError)
        -> Verification
    {
        do { try database.checkStructure() } catch { throw VaultError(error) }
        return try withOneState { () throws(VaultError) in try checkedState(expecting: head, progress).result }
    }

    /// Opens every box of one state; its structure was checked before.
    func checkedState(expecting head: AuditTrail.Head? = nil, _ progress: Progress) throws(VaultError)
        -> (result: Verification, state: HeaderState)
    {
        let (header, snapshot) = try read(Query(tokens: .orphaned, log: .all))
        var rows = CheckedRows()
        try readParts(of: header.state, tokens: .ofApplicationsRead, certificates: true) { (part) throws(VaultError) in
            rows.add(part.snapshot, sealer)
            if !part.isWhole { rows.isWhole = false }
            progress(rows.applications, header.state.applications.count)
        }
        let result = verification(of: rows, orphans: snapshot.tokens, snapshot.log, header, expecting: head)
        return (result, header.state)
    }

    /// The findings in rows that were read together with their header.
    func verification(of snapshot: Snapshot, _ header: CheckedHeader) -> Verification {
        var rows = CheckedRows()
        rows.add(snapshot, sealer)
        rows.isWhole = hasAllRows(snapshot, header.state, includingNodes: true)
        let known = Set(snapshot.applications.map(\.id))
        let orphans = snapshot.tokens.filter { !known.contains($0.application) }
        return verification(of: rows, orphans: orphans, snapshot.log, header)
    }

    private func verification(
        of rows: CheckedRows,
        orphans: [TokenRecord],
        _ log: [LogRecord],
        _ header: CheckedHeader,
        expecting head: AuditTrail.Head? = nil
    ) -> Verification {
        var findings = header.alteredSlots.map { Verification.Finding.slot($0.name) }
        if rows.closed > 0 { findings.append(.unreadableApplications(rows.closed)) }
        if !rows.isWhole { findings.append(.applicationsDiffer) }
        let broken = rows.brokenTokens + orphans.count
        if broken > 0 { findings.append(.unreadableTokens(broken)) }
        for trail in Trail.allCases {
            if let finding = brokenLink(log, trail, header.state) { findings.append(finding) }
        }
        if let head, let finding = missing(head, log, header.state.changes) { findings.append(finding) }
        return Verification(
            applications: rows.applications,
            tokens: rows.tokens + orphans.count,
            auditEntries: log.count,
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
            // A gap in the trail is a broken link.
            return head.number < bounds.oldest ? .auditTrailForgot(head.number) : nil
        }
        guard digest != head.digest else { return nil }
        let resealing: Set<AuditEvent.Kind> = [.rekeyed, .converted]
        let isResealed = rows.contains { row in
            row.trail == .changes && row.number > head.number
                && (try? sealer.auditEntry(row)).map { resealing.contains($0.event.kind) } == true
        }
        return isResealed ? .auditTrailResealed(head.number) : .auditTrailForked(head.number)
    }
}

/// What was found in application rows and their tokens.
private struct CheckedRows {
    var applications = 0
    var closed = 0
    var tokens = 0
    var brokenTokens = 0
    var isWhole = true

    /// Opens the boxes of each row, and its tokens.
    mutating func add(_ snapshot: Snapshot, _ sealer: borrowing RecordSealer) {
        let tokens = Dictionary(grouping: snapshot.tokens, by: \.application)
        let certificates = Dictionary(grouping: snapshot.certificates, by: \.application)
        for row in snapshot.applications {
            applications += 1
            let own = tokens[row.id] ?? []
            self.tokens += own.count
            guard let metadata = Self.opened(row, certificates[row.id] ?? [], sealer) else {
                closed += 1
                brokenTokens += own.count
                continue
            }
            guard !own.isEmpty else { continue }
            let application = StoredApplication(row, metadata, sealer)
            brokenTokens += own.count { row in
                (try? sealer.token(row, of: application)) == nil && (try? sealer.note(row, of: application)) == nil
            }
        }
    }

    /// The metadata of a row all of whose boxes open, and that has none too many.
    private static func opened(
        _ row: ApplicationRecord,
        _ certificates: [CertificatesRecord],
        _ sealer: borrowing RecordSealer
    ) -> ApplicationMetadata? {
        guard let metadata = try? sealer.metadata(of: row), (try? sealer.secret(of: row, metadata)) != nil,
            (metadata.certificates == nil) == certificates.isEmpty,
            (try? sealer.complete(metadata, of: row.id, from: certificates)) != nil
        else { return nil }
        return metadata
    }
}
