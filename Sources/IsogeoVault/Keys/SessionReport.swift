internal import VaultKeys

/// Whether sessions can be made here, for whoever asks before anything else is done.
package struct SessionReport: Sendable {
    /// What keeps the kernel from holding a session's key, with its remedy; nil where it does.
    package let obstacle: VaultError?
    /// Whether other systems of the same kernel have this user's number, and with it the session's key.
    package let isSharedUserID: Bool

    package init(obstacle: VaultError?, isSharedUserID: Bool) {
        self.obstacle = obstacle
        self.isSharedUserID = isSharedUserID
    }

    /// What is so in this process: a key of its own is made and dropped, and nothing stays.
    ///
    /// It blocks for a moment, as system calls do.
    package static func current() -> SessionReport {
        var obstacle: VaultError?
        do throws(KeyError) { try KernelSession.probe() } catch { obstacle = VaultError(error) }
        return SessionReport(obstacle: obstacle, isSharedUserID: SharedUserID.here().isShared)
    }

    /// Why no session begins where the user's number is shared, unless the caller accepts that.
    package static let sharedUserID = VaultError(VaultProblem.sharedUserID)

    /// Refuses where a session can't be made, before anybody is asked for a passphrase.
    ///
    /// - Throws: `unavailable`; `usage` where the number is shared and nobody said that this is meant.
    package func check(sharingUserID: Bool) throws(VaultError) {
        if let obstacle { throw obstacle }
        guard sharingUserID || !isSharedUserID else { throw Self.sharedUserID }
    }
}
