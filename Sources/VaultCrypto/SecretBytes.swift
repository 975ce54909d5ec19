internal import CVaultLinux
internal import CVaultSodium
internal import Glibc
internal import Synchronization

/// Bytes that must not be seen: guarded, locked, left out of core dumps, and wiped at the end of their life.
///
/// The memory is a page of its own between two that fault: one that the kernel leaves out of its own map
/// (memfd_secret(2), Linux 5.14), else libsodium's `sodium_malloc`, `mlock`ed and `MADV_DONTDUMP`.
/// There is no way to print, interpolate, compare with `==` or copy a value, and none to make a `String` of it; its
/// bytes are borrowed by a closure as a `Span`. Each value takes a page at least: for keys and single secrets, not for
/// bulk.
@safe
// @unchecked: the memory has one owner (~Copyable), reading borrows it and writing is `mutating`, so that the
// language's exclusivity is all the synchronisation that the pointer inside needs.
package struct SecretBytes: ~Copyable, @unchecked Sendable {
    private let memory: Memory
    private var base: UnsafeMutablePointer<UInt8> { unsafe memory.base }
    /// How many bytes there are.
    package private(set) var count: Int

    /// Takes room for at most `capacity` bytes and lets `body` fill them.
    ///
    /// - Parameters:
    ///   - capacity: the most that `body` may append, in bytes.
    ///   - body: appends the bytes; when it throws, what it appended is wiped.
    /// - Throws: what `body` throws.
    package init<Failure: Error>(
        capacity: Int,
        initializingWith body: (inout OutputSpan<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        let memory = Memory(capacity)
        let buffer = unsafe UnsafeMutableBufferPointer(start: memory.base, count: capacity)
        var output = unsafe OutputSpan(buffer: buffer, initializedCount: 0)
        do {
            try body(&output)
        } catch {
            memory.free()
            throw error
        }
        self.memory = memory
        self.count = unsafe output.finalize(for: buffer)
    }

    /// A guarded copy of `bytes`; wiping the original stays its owner's business.
    package init(copying bytes: Span<UInt8>) {
        self.init(capacity: bytes.count) { (output: inout OutputSpan<UInt8>) in output.append(contentsOf: bytes) }
    }

    /// `count` bytes from the kernel's random generator.
    package static func random(count: Int) -> SecretBytes {
        SecretBytes(count: count) { (bytes: inout MutableSpan<UInt8>) in
            unsafe bytes.withPointer { unsafe randombytes_buf($0, count) }
        }
    }

    /// `count` bytes that start as zeros and that `body` may write.
    package init<Failure: Error>(
        count: Int,
        initializingWith body: (inout MutableSpan<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        try self.init(capacity: count) { (output: inout OutputSpan<UInt8>) throws(Failure) in
            output.append(repeating: 0, count: count)
            var bytes = output.mutableSpan
            try body(&bytes)
        }
    }

    deinit { memory.free() }

    /// Runs `body` with the bytes.
    package borrowing func withBytes<Result: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(unsafe Span(_unsafeStart: unsafe base, count: count))
    }

    /// Runs `body` with a part of the bytes; a range outside of them is a programming error and traps.
    package borrowing func withBytes<Result: ~Copyable, Failure: Error>(
        in range: Range<Int>,
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withBytes { (bytes: Span<UInt8>) throws(Failure) -> Result in try body(bytes.extracting(range)) }
    }

    /// Shortens to the first `count` bytes; what is cut off is wiped now.
    package mutating func truncate(to count: Int) {
        precondition(count >= 0 && count <= self.count, "truncation beyond the end")
        unsafe sodium_memzero(base + count, self.count - count)
        self.count = count
    }

    /// Whether the two hold the same bytes, in a time that doesn't depend on where they differ.
    package borrowing func matches(_ other: borrowing SecretBytes) -> Bool {
        other.withBytes { matches($0) }
    }

    /// Whether these are `other`'s bytes, in a time that doesn't depend on where they differ.
    package borrowing func matches(_ other: Span<UInt8>) -> Bool {
        withBytes { $0.matchesInConstantTime(other) }
    }

    // MARK: - Memory

    private static let ending = Mutex<(@Sendable () -> Int32)?>(nil)

    /// Chooses how this process ends where it gets no guarded memory: `body` says why, and gives the exit status.
    ///
    /// Without it the process traps, as it does where an array gets no memory. Neither leaves anything to do; the
    /// vault's file survives it like any kill.
    package static func whenMemoryIsUnavailable(_ body: @escaping @Sendable () -> Int32) {
        ending.withLock { $0 = body }
    }

    private static func endProcess(_ capacity: Int) -> Never {
        // Taken out, for `body` may want guarded memory itself.
        let body = ending.withLock { $0.take() }
        if let body { _exit(body()) }
        fatalError("no guarded memory for \(capacity) bytes")
    }

    private static let unlocked = Atomic(false)
    private static let mapped = Atomic(false)

    /// Whether the kernel itself had no mapping of any guarded block so far (memfd_secret(2)).
    package static var allHidden: Bool { !mapped.load(ordering: .relaxed) }

    /// Whether every guarded block so far could be locked.
    ///
    /// `sodium_malloc` itself says nothing when RLIMIT_MEMLOCK is
    /// used up, so that we ask again (a second mlock of a locked page costs nothing and counts once).
    package static var allLocked: Bool { !unlocked.load(ordering: .relaxed) }

    /// Where the bytes lie, and what gives that back.
    @safe
    private struct Memory {
        let base: UnsafeMutablePointer<UInt8>
        private let capacity: Int
        private let isHidden: Bool

        init(_ capacity: Int) {
            Sodium.initialize()
            let hidden = unsafe cvault_hidden_memory(capacity)
            guard let memory = unsafe hidden ?? Self.allocate(capacity) else { endProcess(capacity) }
            unsafe base = memory.assumingMemoryBound(to: UInt8.self)
            self.capacity = capacity
            isHidden = unsafe hidden != nil
        }

        private static func allocate(_ capacity: Int) -> UnsafeMutableRawPointer? {
            let memory = unsafe sodium_malloc(max(capacity, 1))
            if let memory = unsafe memory, unsafe mlock(memory, max(capacity, 1)) != 0 {
                unlocked.store(true, ordering: .relaxed)
            }
            mapped.store(true, ordering: .relaxed)
            return unsafe memory
        }

        /// Wipes first.
        func free() {
            if isHidden { unsafe cvault_hidden_memory_free(base, capacity) } else { unsafe sodium_free(base) }
        }
    }
}

extension Span<UInt8> {
    /// Whether both hold the same bytes, in a time that depends on their lengths alone.
    package func matchesInConstantTime(_ other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        return unsafe withPointer { mine in
            unsafe other.withPointer { theirs in unsafe sodium_memcmp(mine, theirs, count) == 0 }
        }
    }
}
