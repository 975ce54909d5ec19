internal import Glibc
internal import Synchronization

/// Runs what blocks (Argon2id, curl, SQLite, waiting for a lock) on threads of its own.
///
/// Swift's pool has as many threads as there are cores; four blocking calls on a server with two of them hold up every
/// other task of the program. A thread is started for work when there are fewer than eight, and ends when there is none
/// left: starting one costs some 50 µs, what it is started for a thousand times that.
final class BlockingExecutor: TaskExecutor {
    static let shared = BlockingExecutor()

    private struct State {
        var waiting: [UnownedJob] = []
        var threads = 0
    }

    private static let threadLimit = 8
    private let state = Mutex(State())

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let startsThread = state.withLock { state in
            state.waiting.append(job)
            guard state.threads < Self.threadLimit else { return false }
            state.threads += 1
            return true
        }
        if startsThread { start() }
    }

    private func start() {
        var thread = pthread_t()
        let result = unsafe pthread_create(&thread, nil, { _ in BlockingExecutor.shared.serve() }, nil)
        // No thread to be had: better late here than never.
        guard result == 0 else { return _ = unsafe serve() }
        pthread_detach(thread)
    }

    private func serve() -> UnsafeMutableRawPointer? {
        while let job = next() { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
        return nil
    }

    private func next() -> UnownedJob? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.threads -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
    }

    /// Runs `body` on one of the threads.
    static func run<Result: Sendable>(_ body: @Sendable () throws(VaultError) -> Result) async throws(VaultError)
        -> Result
    {
        try await withTaskExecutorPreference(shared) { () async throws(VaultError) -> Result in
            try await onPreferredExecutor(body)
        }
    }

    // @concurrent leaves the caller's actor for the preferred executor, which nonisolated(nonsending) would not.
    @concurrent private static func onPreferredExecutor<Result: Sendable>(
        _ body: @Sendable () throws(VaultError) -> Result
    ) async throws(VaultError) -> Result {
        try body()
    }
}
