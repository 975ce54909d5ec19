import Foundation
package import Testing

/// Runs a test on a thread of its own, for tests that wait for files, processes or Argon2id, which Swift's own threads
/// mustn't.
package struct OnItsOwnThread: TestTrait, SuiteTrait, TestScoping {
    package var isRecursive: Bool { true }

    private final class Threads: TaskExecutor {
        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            Thread.detachNewThread { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        }
    }

    private static let threads = Threads()

    package func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(Self.threads) { try await function() }
    }
}

extension Trait where Self == OnItsOwnThread {
    /// On a thread of its own.
    package static var onItsOwnThread: Self { Self() }
}
