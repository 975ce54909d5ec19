internal import CVaultLibsecret

/// The session in which a keyring takes and gives secrets, encrypted by a key that both agree on.
///
/// Agreeing on the key takes as long as all other calls together, and depends on none of them.
@safe
final class SecretSession {
    private let owner: String
    private let bus: SessionBus
    private var begun: OpaquePointer?

    /// - Parameters:
    ///   - owner: the keyring's unique name.
    ///   - bus: the bus on which it is.
    init(with owner: String, on bus: SessionBus) {
        self.owner = owner
        self.bus = bus
    }

    deinit {
        if let begun = unsafe begun { unsafe cvault_session_end(begun) }
    }

    /// Begins it on another thread, unless it has begun; anew where it has failed, as it may before the user has
    /// unlocked the keyring.
    ///
    /// - Returns: the session, whose first use waits for it.
    /// - Throws: `failed` without memory.
    @discardableResult
    func begin() throws(KeyringProblem) -> OpaquePointer {
        if let begun = unsafe begun {
            if unsafe cvault_session_has_failed(begun) == 0 { return unsafe begun }
            unsafe cvault_session_end(begun)
            unsafe self.begun = nil
        }
        guard let session = unsafe cvault_session_begin(bus.connection, owner) else { throw .failed("out of memory") }
        unsafe begun = unsafe session
        return unsafe session
    }
}
