internal import VaultSystem

/// A folder or server for a test couldn't be made.
public struct TestingError: Error, CustomStringConvertible {
    /// The system call that failed, and why.
    public let description: String

    /// The errno of this thread's last system call.
    static func last(_ call: String) -> TestingError {
        TestingError(description: "\(call): \(Errno.current)")
    }
}
