internal import VaultSystem

/// What a lease is about: one byte of the lock file.
package struct LeaseName: Hashable, Sendable {
    let byte: UInt64

    /// Making the vault.
    package static let making = LeaseName(byte: 0)

    private init(byte: UInt64) { self.byte = byte }

    /// Asking for the token of that id: byte 1 024 and 61 bits of the id, its first 8 bytes taken little-endian.
    ///
    /// Two tokens share a lease once in 2^61: they would wait for each other, and be asked for all the same.
    package init(token id: [UInt8]) {
        let start = id.prefix(8).enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << (8 * UInt64($1.offset)) }
        byte = 1024 + (start & (1 << 61 - 1))
    }
}

/// The right to do something that no one else does at the same time; given back at the end of its life.
///
/// The kernel gives it back where the process dies.
package struct Lease: ~Copyable, Sendable {
    private let file: LockFile
    private let byte: UInt64

    private init(file: LockFile, byte: UInt64) {
        self.file = file
        self.byte = byte
    }

    deinit { file.release(byte) }

    /// Gives it back now.
    package consuming func release() {}

    /// Takes the lease; nil where it is held.
    ///
    /// - Throws: `leasesUnavailable`.
    static func tryAcquire(_ name: LeaseName, in file: LockFile) throws(StoreError) -> Lease? {
        guard try file.take(name.byte) else { return nil }
        return Lease(file: file, byte: name.byte)
    }

    /// How waiting for a lease ended.
    package enum Outcome<Found: ~Copyable>: ~Copyable {
        /// It is ours: look again, since its former holder may have done the work.
        case acquired(Lease)
        /// It isn't needed any more.
        case found(Found)
    }

    /// Waits for the lease, or for what makes it needless; blocks its thread.
    ///
    /// - Parameters:
    ///   - name: what is leased.
    ///   - file: where.
    ///   - deadline: the end of the wait.
    ///   - checking: asked after each try that failed; what it gives ends the wait, and so does its error.
    /// - Returns: the lease, or what `checking` found.
    /// - Throws: `leaseHeld` at the deadline, `leasesUnavailable`, what `checking` throws.
    static func acquire<Found: ~Copyable>(
        _ name: LeaseName,
        in file: LockFile,
        until deadline: ContinuousClock.Instant,
        checking: () throws(StoreError) -> Found?
    ) throws(StoreError) -> Outcome<Found> {
        var pause = Duration.milliseconds(1)
        while true {
            if let lease = try tryAcquire(name, in: file) { return .acquired(lease) }
            if let found = try checking() { return .found(found) }
            let rest = deadline - .now
            guard rest > .zero else { throw .leaseHeld(holder: file.holder(of: name)) }
            SystemClock.sleep(min(rest, pause * Double.random(in: 0.5...1)))
            pause = min(pause * 2, .milliseconds(50))
        }
    }

    /// Waits for the lease; blocks its thread.
    ///
    /// - Throws: `leaseHeld` at the deadline, `leasesUnavailable`.
    static func acquire(
        _ name: LeaseName,
        in file: LockFile,
        until deadline: ContinuousClock.Instant
    ) throws(StoreError) -> Lease {
        let outcome = try acquire(name, in: file, until: deadline) { () throws(StoreError) -> Never? in nil }
        switch consume outcome {
        case .acquired(let lease): return lease
        case .found(let never): switch never {}
        }
    }
}
