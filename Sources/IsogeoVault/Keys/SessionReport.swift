internal import VaultKeys

/// Whether sessions can be made here.
package struct SessionReport: Sendable {
    /// Why the kernel doesn't keep a session's key; nil where it does.
    package let obstacle: VaultError?
    /// Whether other systems of the same kernel have this user's number, and with it the session's key.
    package let isSharedUserID: Bool

    package init(obstacle: VaultError?, isSharedUserID: Bool) {
        self.obstacle = obstacle
        self.isSharedUserID = isSharedUserID
    }

    /// The report for this process, which gives the kernel a key and takes it back.
    ///
    /// It blocks for a moment, as system calls do.
    package static func current() -> SessionReport {
        var obstacle: VaultError?
        do throws(KeyError) { try KernelSession.probe() } catch { obstacle = VaultError(error) }
        return SessionReport(obstacle: obstacle, isSharedUserID: SharedUserID.here().isShared)
    }

    /// Why no session begins where the user's number is shared, unless the caller accepts that.
    package static let sharedUserID = VaultError(VaultProblem.sharedUserID)

    /// Refuses where a session can't be made: to be called before a user has typed a passphrase for one.
    ///
    /// - Throws: `unavailable`; `usage` where the user's number is shared and the caller doesn't accept that.
    package func check(sharingUserID: Bool) throws(VaultError) {
        if let obstacle { throw obstacle }
        guard sharingUserID || !isSharedUserID else { throw Self.sharedUserID }
    }
}
