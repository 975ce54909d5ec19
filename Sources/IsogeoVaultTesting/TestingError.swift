internal import VaultSystem

/// A test's surroundings couldn't be made.
public struct TestingError: Error, CustomStringConvertible {
    /// The system call that failed, and why.
    public let description: String

    /// What the last system call of this thread failed with.
    static func last(_ call: String) -> TestingError {
        TestingError(description: "\(call): \(Errno.current)")
    }
}
