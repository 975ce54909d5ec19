import CVaultLinux
import CVaultTestSupport
import Foundation
import Synchronization
import Testing
import VaultTestSupport

@testable import VaultSystem

/// The stacks on which secrets are worked on.
@Suite(.serialized) struct SecretStackTests {
    /// Bytes that stand nowhere else, exclusive-ored with `mask`.
    private struct Trace {
        static let mask: UInt8 = 0x5A
        let masked: [UInt8] = (0..<64).map { _ in .random(in: .min ... .max) }
        var pattern: MemorySearch.Pattern { .init("the trace", masked: masked, by: Self.mask) }

        /// Leaves them behind on the stack, so far below the caller, and in vector registers.
        func leaveBehind(_ depth: Int = 60_000) {
            unsafe cvault_test_leave_behind(masked, masked.count, Self.mask, depth)
        }

        /// How many vector registers hold them.
        func registers() -> Int {
            var bytes = [UInt8](repeating: 0, count: 2048)
            let count = unsafe cvault_test_vector_registers(&bytes)
            let size = count == 2048 ? 64 : 16
            return stride(from: 0, to: count, by: size).count { start in
                (0..<size).allSatisfy { bytes[start + $0] == masked[$0] ^ Self.mask }
            }
        }
    }

    /// Where the stack of this thread lies, if it is one of ours.
    private static func stack() -> Range<UInt64>? {
        var start: UnsafeMutableRawPointer?
        let count = unsafe cvault_secret_stack(&start)
        guard count > 0 else { return nil }
        let low = UInt64(UInt(bitPattern: start))
        return low..<low + UInt64(count)
    }

    @Test func `it is left out of core dumps, locked where it is mostly used, and between pages that fault`() async {
        // In a process of its own: what may be locked is shared by all of a process, and other tests lock as well.
        await #expect(processExitsWith: .success) {
            #expect(Self.stack() == nil)
            try SecretStack.run { () throws in
                let stack = try #require(Self.stack())
                var local = 0
                let place = unsafe withUnsafePointer(to: &local) { UInt64(UInt(bitPattern: $0)) }
                #expect(stack.contains(place))
                let mappings = try MemoryMapping.all(of: getpid())
                let ours = mappings.filter { $0.addresses.overlaps(stack) }
                #expect(!ours.isEmpty && ours.allSatisfy(\.isExcludedFromDumps))
                let used = try #require(ours.first { $0.addresses.contains(place) })
                #expect(used.isLocked || MemoryLocking.limit.map { $0 < 1 << 20 } == true)
                for outside in [stack.lowerBound - 1, stack.upperBound] {
                    #expect(mappings.first { $0.addresses.contains(outside) }?.permissions.hasPrefix("---") == true)
                }
            }
            #expect(Self.stack() == nil)
        }
    }

    @Test func `what a function leaves on a plain stack, and in registers, is found`() throws {
        let trace = Trace()
        trace.leaveBehind()
        let registers = trace.registers()
        #if arch(x86_64)
            #expect(registers >= 1)
        #endif
        #expect(!(try MemorySearch(ofOurselvesFor: [trace.pattern], grain: .register)).hits.isEmpty)
    }

    @Test func `what is left there, and in registers, is wiped when the work ends`() throws {
        let trace = Trace()
        try SecretStack.run { () throws in
            SecretStack.run { trace.leaveBehind() }
            #expect(trace.registers() == 0)
            #expect(try MemorySearch(ofOurselvesFor: [trace.pattern], grain: .register).hits.isEmpty)
            // Deeper than what is locked, too.
            SecretStack.run { trace.leaveBehind(700_000) }
            #expect(try MemorySearch(ofOurselvesFor: [trace.pattern], grain: .register).hits.isEmpty)
            trace.leaveBehind()
            SecretStack.wipe()
            #expect(trace.registers() == 0)
            #expect(try MemorySearch(ofOurselvesFor: [trace.pattern], grain: .register).hits.isEmpty)
            trace.leaveBehind()
        }
        SecretStack.run { trace.leaveBehind() }
        #expect(trace.registers() == 0)
        #expect(try MemorySearch(ofOurselvesFor: [trace.pattern], grain: .register).hits.isEmpty)
    }

    @Test func `on another stack the registers alone are cleared`() {
        let trace = Trace()
        trace.leaveBehind()
        SecretStack.wipe()
        #expect(trace.registers() == 0)
    }

    @Test func `errors and values come back, and work within work stays on its stack`() throws {
        struct Failure: Error {}
        #expect(throws: Failure.self) { try SecretStack.run { () throws(Failure) in throw Failure() } }
        #expect(SecretStack.run { SecretStack.run { Self.stack() } == Self.stack() })
        #expect(SecretStack.run { [1, 2].map { $0 + 1 } } == [2, 3])
    }

    @Test func `beyond its end the process dies`() async {
        await #expect(processExitsWith: .signal(SIGSEGV)) {
            SecretStack.run { Trace().leaveBehind(1 << 20) }
        }
    }

    @Test func `a hundred at once do their work, and a few of them are locked`() async throws {
        let lows = Lows()
        let locked = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    try await Self.onThread {
                        try SecretStack.run { () throws in
                            let stack = try #require(Self.stack())
                            lows.all.withLock { _ = $0.insert(stack.lowerBound) }
                            // Each stays until all are here.
                            let end = ContinuousClock.now + Patience.end
                            while lows.all.withLock({ $0.count }) < 100, .now < end { usleep(1000) }
                            return try MemoryMapping.all(of: getpid()).contains {
                                $0.addresses.upperBound == stack.upperBound && $0.isLocked
                            }
                        }
                    }
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(lows.all.withLock { $0.count } == 100)
        #expect((0...16).contains(locked))
    }

    /// Where stacks begin.
    private final class Lows: Sendable { let all = Mutex<Set<UInt64>>([]) }

    private static func onThread(_ body: @escaping @Sendable () throws -> Bool) async throws -> Bool {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
        }
    }
}
