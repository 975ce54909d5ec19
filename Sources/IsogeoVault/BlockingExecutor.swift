internal import Glibc
internal import Synchronization

/// Runs what blocks (Argon2id, curl, SQLite, waiting for a lock) on threads of its own.
///
/// Swift's pool has as many threads as there are cores: on a server with two of them, two blocking calls stop every
/// other task of the program. The executor starts a thread for a job while it has fewer than its limit, and the thread
/// ends when no job waits: starting one costs some 50 µs, its job a hundred times that.
///
/// There are two executors, so that servers that don't answer never hold up work on files.
package final class BlockingExecutor: TaskExecutor {
    /// For work that ends soon by itself: files, SQLite, Argon2id.
    static let files = BlockingExecutor(threadLimit: 8)
    /// For work that waits for servers, or for the leases of processes that wait for servers.
    ///
    /// A request takes half a minute at most, and a token has one request at a time: requests wait for each other only
    /// in a program that has more tokens than this, whose servers all hang.
    static let requests = BlockingExecutor(threadLimit: 256)

    private let threadLimit: Int

    private struct State {
        var waiting: [UnownedJob] = []
        var threads = 0
    }

    private let state = Mutex(State())

    private init(threadLimit: Int) { self.threadLimit = threadLimit }

    /// Runs `body` on one of the threads; it may borrow what an escaping closure could not.
    static func run<Result: Sendable>(
        on executor: BlockingExecutor = .files,
        _ body: () throws(VaultError) -> Result
    ) async throws(VaultError) -> Result {
        // Without isolation: on the caller's actor the preference would have no effect.
        try await withTaskExecutorPreference(executor, isolation: nil) { () async throws(VaultError) -> Result in
            try body()
        }
    }

    /// Runs a whole program on one of the threads and ends the process with the status that it gives.
    ///
    /// Swift's own pool never starts: its threads would cost one of the five milliseconds that a command takes.
    package static func runProgram(_ program: @escaping @Sendable () async -> Int32) -> Never {
        Task(executorPreference: files) { exit(await program()) }
        while true { pause() }
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let startsThread = state.withLock { state in
            state.waiting.append(job)
            guard state.threads < threadLimit else { return false }
            state.threads += 1
            return true
        }
        guard startsThread else { return }
        var thread = pthread_t()
        // Borrowed: both executors live as long as the process.
        let executor = unsafe Unmanaged.passUnretained(self).toOpaque()
        let serve: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { executor in
            guard let executor = unsafe executor else { return nil }
            return unsafe Unmanaged<BlockingExecutor>.fromOpaque(executor).takeUnretainedValue().serve()
        }
        if unsafe pthread_create(&thread, nil, serve, executor) == 0 {
            pthread_detach(thread)
        } else {
            // The system gives no thread: run the job on this one, rather than never.
            _ = unsafe self.serve()
        }
    }

    private func serve() -> UnsafeMutableRawPointer? {
        while let job = next() { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
        return nil
    }

    private func next() -> UnownedJob? {
        state.withLock { state in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.threads -= 1
            return nil
        }
    }
}
