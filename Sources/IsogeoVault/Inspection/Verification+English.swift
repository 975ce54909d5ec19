extension Verification.Finding {
    /// The finding, as a sentence.
    public var sentence: String {
        switch self {
        case .slot(let name): "A key slot isn't as it was written: \(name)."
        case .unreadableApplications(let count): "Applications that can't be opened: \(count)."
        case .applicationsDiffer: "The applications are not those that were written, or partly older."
        case .unreadableTokens(let count): "Cached tokens to be asked for again, as they can't be opened: \(count)."
        case .auditTrailHasGaps: "The audit trail has gaps."
        case .auditTrailBroken(let number): "The audit trail is broken at entry \(number)."
        case .auditTrailCut(let number): "The audit trail ends before entry \(number), which it had."
        case .auditTrailForked(let number): "Entry \(number) of the audit trail isn't the one that was noted."
        case .auditTrailForgot(let number):
            "Entry \(number) of the audit trail is too old to be kept, so that it can't be compared."
        case .auditTrailResealed(let number):
            "Entry \(number) of the audit trail can't be compared: the vault got a new key or format since, which "
                + "gave all entries other digests."
        }
    }
}
