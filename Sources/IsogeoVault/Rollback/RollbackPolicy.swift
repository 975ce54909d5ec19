/// What to do if the vault is older than its mark.
package enum RollbackPolicy: Sendable {
    case refused
    /// The vault is accepted, and becomes the newest state.
    case accepted
    /// The mark is neither read nor written: for restoring a backup.
    case ignored
}
