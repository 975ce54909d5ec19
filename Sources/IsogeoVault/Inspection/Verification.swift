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

        /// Whether it damages the vault.
        public var isDamage: Bool { if case .unreadableTokens = self { false } else { true } }
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
    /// - Returns: the counts and findings.
    /// - Throws: why the vault can't be read at all.
    public func verify() async throws(VaultError) -> Verification {
        try await dependencies.perform { () throws(VaultError) in try contents.verify() }
    }
}

extension UnlockedVault {
    /// Opens every box and follows every chain.
    ///
    /// - Throws: why the vault can't be read at all; faults inside are findings.
    func verify() throws(VaultError) -> Verification {
        do { try database.checkStructure() } catch { throw VaultError(error) }
        let (header, snapshot) = try read(.everything)
        return verification(of: snapshot, header)
    }

    /// The findings in rows that were read together with their header.
    func verification(of snapshot: Snapshot, _ header: CheckedHeader) -> Verification {
        var findings = header.alteredSlots.map { Verification.Finding.slot($0.name) }
        let closed = snapshot.applications.filter { !opens($0) }.count
        if closed > 0 { findings.append(.unreadableApplications(closed)) }
        if sum(of: snapshot.applications) != header.state.applications { findings.append(.applicationsDiffer) }
        let broken = snapshot.tokens.filter { (try? sealer.token($0)) == nil && (try? sealer.note($0)) == nil }.count
        if broken > 0 { findings.append(.unreadableTokens(broken)) }
        if let finding = brokenLink(snapshot.log, header.state.audit) { findings.append(finding) }
        return Verification(
            applications: snapshot.applications.count,
            tokens: snapshot.tokens.count,
            auditEntries: snapshot.log.count,
            findings: findings
        )
    }

    private func opens(_ row: ApplicationRecord) -> Bool {
        do {
            _ = try sealer.secret(of: row, try sealer.metadata(of: row))
            return true
        } catch {
            return false
        }
    }
}
