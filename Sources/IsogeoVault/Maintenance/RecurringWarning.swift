/// Something that stays wrong until somebody puts it right.
///
/// Whoever has the command run by cron gets a mail for each line: one a day says it as well.
package enum RecurringWarning: String, Sendable {
    case readOnly = "read-only"
    case slotEdited = "slot-edited"
    case unusableMark = "unusable-mark"
    case noLeases = "no-leases"
    case lifetimeUnknown = "lifetime-unknown"
}
