internal import Dispatch
internal import Glibc
internal import Synchronization
internal import VaultSystem

/// Runs what blocks (Argon2id, curl, SQLite, waiting for a lock) on threads of its own.
///
/// Swift's pool has as many threads as there are cores: on a server with two of them, two blocking calls stop every
/// other task of the program. A job goes to an idle thread, else to a new one while there are
/// fewer than the limit. A thread waits a second for the next job, then ends.
///
/// Whatever works on secrets works here, so that the threads have stacks which are wiped after each job.
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

    /// How long a thread waits for another job before it ends.
    ///
    /// A program may end right after a call. exit(3) runs the libraries' handlers then (OpenSSL's, and those of all
    /// that libcurl brings), and next to them a thread that ends runs its own over the same memory: one command in some
    /// ten thousand died of that, its work done (seen with Debian 12's libraries).
    private static let linger = DispatchTimeInterval.seconds(1)

    private let threadLimit: Int

    private struct State {
        var waiting: [UnownedJob] = []
        var threads = 0
        /// The threads that wait for a job and weren't woken.
        var idle = 0
    }

    private let state = Mutex(State())
    /// Woken threads pass it.
    private let wake = DispatchSemaphore(value: 0)

    private init(threadLimit: Int) { self.threadLimit = threadLimit }

    /// Runs `body` on one of the threads; it may borrow what an escaping closure could not.
    static func run<Result: Sendable>(
        on executor: BlockingExecutor = .files,
        _ body: () throws(VaultError) -> Result
    ) async throws(VaultError) -> Result {
        // Without isolation: on the caller's actor the preference would have no effect.
        try await withTaskExecutorPreference(executor, isolation: nil) { () async throws(VaultError) -> Result in
            try SecretStack.run(body)
        }
    }

    /// Runs a whole program on one of the threads and ends the process with the status that it gives.
    ///
    /// Swift's own pool never starts: its threads would cost one of the five milliseconds that a command takes. The
    /// libraries' handlers of exit(3) aren't run: see `linger`.
    package static func runProgram(_ program: @escaping @Sendable () async -> Int32) -> Never {
        Task(executorPreference: files) {
            let status = await program()
            // A library may have written to a stream of C's; we don't.
            fflush(nil)
            SecretStack.wipe()
            _exit(status)
        }
        while true { pause() }
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let startsThread = state.withLock { state in
            state.waiting.append(job)
            if state.idle > 0 {
                state.idle -= 1
                wake.signal()
                return false
            }
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
            unsafe Unmanaged<BlockingExecutor>.fromOpaque(executor).takeUnretainedValue().serve()
            return nil
        }
        if unsafe pthread_create(&thread, nil, serve, executor) == 0 {
            pthread_detach(thread)
        } else {
            // The system gives no thread: run the jobs on this one, rather than never.
            SecretStack.run { repeat { runJobs() } while !isDone() }
        }
    }

    private func serve() {
        SecretStack.run { repeat { runJobs() } while isWanted() }
    }

    private func runJobs() {
        while let job = state.withLock({ $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }) {
            unsafe job.runSynchronously(on: asUnownedTaskExecutor())
            SecretStack.wipe()
        }
    }

    /// Whether no job waits, after which this thread doesn't count any more.
    private func isDone() -> Bool {
        state.withLock { state in
            guard state.waiting.isEmpty else { return false }
            state.threads -= 1
            return true
        }
    }

    /// Waits for a job; false where none comes, and this thread doesn't count any more.
    private func isWanted() -> Bool {
        let isIdle = state.withLock { state in
            guard state.waiting.isEmpty else { return false }
            state.idle += 1
            return true
        }
        guard isIdle, wake.wait(timeout: .now() + Self.linger) == .timedOut else { return true }
        let ends = state.withLock { state in
            guard state.idle > 0 else { return false }
            state.idle -= 1
            state.threads -= 1
            return true
        }
        // Each thread that isn't idle any more has a signal: this one's came with the time-out.
        if !ends { wake.wait() }
        return !ends
    }
}
