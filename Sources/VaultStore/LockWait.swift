internal import CVaultSQLite
internal import VaultSystem

/// How SQLite waits for the lock of another process: its busy handler (`sqlite3_busy_handler`).
struct LockWait {
    /// The end of all waits within a call that has one, such as a request's `--timeout`.
    @TaskLocal static var deadline: ContinuousClock.Instant?

    /// How long each lock is waited for without such an end.
    let patience: Duration
    let file: VaultFile
    /// To SQLite an ENOLCK is the lock of another process: it would wait for that one's end, and call the vault busy.
    private(set) var lacksLocks = false
    private var end = ContinuousClock.now

    init(patience: Duration, file: VaultFile) {
        self.patience = patience
        self.file = file
    }

    /// Waits a little for a lock.
    ///
    /// - Parameter tries: how often this was called for the same lock.
    /// - Returns: whether to try again.
    mutating func goesOn(after tries: Int) -> Bool {
        if tries == 0 {
            let own = ContinuousClock.now + patience
            end = Self.deadline.map { min($0, own) } ?? own
            lacksLocks = LockFile.lacksLocks(nextTo: file)
        }
        let rest = end - .now
        guard !lacksLocks, rest > .zero else { return false }
        SystemClock.sleep(min(rest, .milliseconds(min(1 << min(tries, 6), 50))))
        return true
    }

    /// Has SQLite ask it; the pointer must live as long as the connection.
    static func install(_ wait: UnsafeMutablePointer<LockWait>, on connection: OpaquePointer) -> CInt {
        unsafe sqlite3_busy_handler(
            connection,
            { wait, tries in
                guard let wait = unsafe wait?.assumingMemoryBound(to: LockWait.self) else { return 0 }
                return unsafe wait.pointee.goesOn(after: Int(tries)) ? 1 : 0
            },
            wait
        )
    }
}

extension VaultDatabase {
    /// Runs `body`, in which all waits for locks of other processes end at `deadline`, or earlier.
    package static func waiting<Result, Failure: Error>(
        until deadline: ContinuousClock.Instant,
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try LockWait.$deadline.withValue(deadline) {
            Swift.Result { () throws(Failure) in try body() }
        }.get()
    }
}
