import Foundation
import Synchronization
import Testing
import VaultTestSupport

@testable import IsogeoVault

/// What blocks holds up nobody.
///
/// Those that take all threads run in a process of their own: other tests need them too.
@Suite struct BlockingExecutorTests {
    @Test func `eight that block don't hold up an ordinary task`() async {
        await #expect(processExitsWith: .success) { () async throws in
            let gate = DispatchSemaphore(value: 0)
            let blocked = CountOfThreads()
            try await withThrowingTaskGroup { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await BlockingExecutor.run { () throws(VaultError) in
                            blocked.enter()
                            gate.wait()
                        }
                    }
                }
                #expect(try await eventually { blocked.now == 8 })
                // All eight block; an ordinary task comes, sleeps and ends, and so does one on another actor.
                try await Task { try await Task.sleep(for: .milliseconds(1)) }.value
                await MainActor.run {}
                #expect(blocked.now == 8)
                for _ in 0..<8 { gate.signal() }
                try await group.waitForAll()
            }
        }
    }

    @Test func `more than eight are all done, and never more than eight at once`() async {
        await #expect(processExitsWith: .success) { () async throws in
            let threads = CountOfThreads()
            let results = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<60 {
                    group.addTask {
                        try await BlockingExecutor.run { () throws(VaultError) in
                            threads.enter()
                            // The first stays until it has company, or there would be no telling one thread from many.
                            let end = ContinuousClock.now + Patience.end
                            repeat { usleep(2000) } while number == 0 && threads.most < 2 && .now < end
                            threads.leave()
                            return number
                        }
                    }
                }
                var results: Set<Int> = []
                for try await result in group { results.insert(result) }
                return results
            }
            #expect(results == Set(0..<60))
            #expect((2...8).contains(threads.most))
        }
    }

    @Test func `threads that ended are started again`() async throws {
        for round in 0..<50 {
            #expect(try await BlockingExecutor.run { () throws(VaultError) in round } == round)
            if round.isMultiple(of: 10) { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    @Test @MainActor func `for a caller on the main actor, the main actor stays free`() async throws {
        let gate = DispatchSemaphore(value: 0)
        let threads = CountOfThreads()
        let blocking = Task { @MainActor in
            try await BlockingExecutor.run { () throws(VaultError) in
                threads.enter()
                return gate.wait(timeout: .now() + 600)
            }
        }
        // This runs on the main actor too, as whoever waits for it does.
        #expect(try await eventually { threads.now == 1 })
        await MainActor.run { _ = gate.signal() }
        #expect(try await blocking.value == .success)
    }

    @Test func `what is thrown comes back as it is`() async {
        let error = await failure { () async throws(VaultError) in
            try await BlockingExecutor.run { () throws(VaultError) in
                throw VaultError.forTesting(.exists, "It is there.")
            }
        }
        #expect(error?.code == .exists && error?.sentence == "It is there.")
    }
}

/// How many threads are somewhere, and how many were at most.
private final class CountOfThreads: Sendable {
    private let counts = Mutex((now: 0, most: 0))

    var now: Int { counts.withLock { $0.now } }
    var most: Int { counts.withLock { $0.most } }

    func enter() { counts.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) } }
    func leave() { counts.withLock { $0.now -= 1 } }
}
