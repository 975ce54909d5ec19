/// What opening every box of a vault, and following every chain, has shown.
public struct Verification: Sendable {
    /// Something that isn't as it was written.
    public enum Finding: Sendable, Hashable {
        /// A key slot was edited, planted or taken away; its name.
        case slot(String)
        /// So many applications can't be opened.
        case unreadableApplications(Int)
        /// The applications together are not those that were written last: one was put in, taken out, or is older.
        case applicationsDiffer
        /// So many cached tokens can't be opened. It costs a request each, and nothing else.
        case unreadableTokens(Int)
        /// Entries of the audit trail are missing, or there are some too many.
        case auditTrailHasGaps
        /// The audit trail is broken at this entry.
        case auditTrailBroken(Int64)

        /// Whether the vault is damaged by it.
        public var isDamage: Bool { if case .unreadableTokens = self { false } else { true } }

        /// What was found.
        public var sentence: String {
            switch self {
            case .slot(let name): "A key slot isn't as it was written: \(name)."
            case .unreadableApplications(let count): "Applications that can't be opened: \(count)."
            case .applicationsDiffer: "The applications are not those that were written, or partly older."
            case .unreadableTokens(let count): "Cached tokens to be asked for again, as they can't be opened: \(count)."
            case .auditTrailHasGaps: "The audit trail has gaps."
            case .auditTrailBroken(let number): "The audit trail is broken at entry \(number)."
            }
        }
    }

    /// How many applications there are.
    public let applications: Int
    /// How many cached tokens.
    public let tokens: Int
    /// How many entries of the audit trail.
    public let auditEntries: Int
    /// What isn't as it was written; empty when all is well.
    public let findings: [Finding]
}
