import Foundation
import Synchronization
import Testing
import VaultSystem
import VaultTestSupport

@testable import VaultStore

private struct NotFree: Error {}

/// A lease that nobody has.
private func take(_ name: LeaseName, in file: LockFile) throws -> Lease {
    guard let lease = try Lease.tryAcquire(name, in: file) else { throw NotFree() }
    return lease
}

private func isFree(_ name: LeaseName, in file: LockFile) throws -> Bool {
    guard let lease = try Lease.tryAcquire(name, in: file) else { return false }
    lease.release()
    return true
}

/// How many are where only one may be.
private final class Inside: Sendable {
    private let count = Atomic(0)

    /// How many others are there.
    func enter() -> Int { count.add(1, ordering: .sequentiallyConsistent).oldValue }
    func leave() { count.subtract(1, ordering: .sequentiallyConsistent) }
}

@Suite(.onItsOwnThread) struct LeaseTests {
    let folder: TemporaryDirectory
    let token = LeaseName(token: Sample.bytes(32, 0xFF))
    let other = LeaseName(token: Sample.bytes(32, 0x01))

    init() throws { folder = try TemporaryDirectory() }

    private func lockFile() throws -> LockFile { try LockFile.open(nextTo: .prepare(folder("vault.db"))) }

    @Test func `bytes are those of the format`() {
        #expect(LeaseName.making.byte == 0)
        #expect(LeaseName(token: Sample.bytes(32, 0)).byte == 1024)
        #expect(LeaseName(token: [1, 2] + Sample.bytes(30, 0)).byte == 1024 + 0x0201)
        #expect(token.byte == 1024 + (1 << 61) - 1)
    }

    @Test func `the lock file is empty, 0600, beside the vault, and stays`() throws {
        try take(.making, in: lockFile()).release()
        #expect(try Files.mode(of: folder("vault.db.lock")) == 0o600)
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder("vault.db.lock"))).isEmpty)
    }

    @Test func `a lease is given once by one lock file`() throws {
        let file = try lockFile()
        let lease = try take(token, in: file)
        #expect(try !isFree(token, in: file))
        #expect(try isFree(other, in: file))
        #expect(file.holder(of: token) == getpid())
        #expect(file.holder(of: other) == nil)
        lease.release()
        #expect(try isFree(token, in: file))
        #expect(file.holder(of: token) == nil)
    }

    @Test func `two vaults of one process exclude each other`() throws {
        let first = try lockFile()
        let second = try lockFile()
        let lease = try take(token, in: first)
        #expect(try !isFree(token, in: second))
        #expect(try isFree(other, in: second))
        lease.release()
        #expect(try isFree(token, in: second))
    }

    @Test func `closing one vault of a process takes no lease from the other`() throws {
        let first = try lockFile()
        let lease = try take(token, in: first)
        do {
            let second = try lockFile()
            #expect(try isFree(other, in: second))
        }
        let third = try lockFile()
        #expect(try !isFree(token, in: third))
        lease.release()
        #expect(try isFree(token, in: third))
    }

    @Test func `a lease keeps its lock file open`() throws {
        let held = try take(token, in: lockFile())
        let file = try lockFile()
        #expect(try !isFree(token, in: file))
        held.release()
        #expect(try isFree(token, in: file))
    }

    @Test func `waiting ends with the lease once it is given back`() throws {
        let file = try lockFile()
        var lease: Lease? = try take(token, in: file)
        var tries = 0
        let outcome = try Lease.acquire(token, in: file, until: .now + Patience.end) { () -> Int? in
            tries += 1
            if tries == 3 { lease.take()?.release() }
            return nil
        }
        guard case .acquired = consume outcome else {
            Issue.record("nothing else could be found")
            return
        }
        #expect(tries == 3)
        #expect(try isFree(token, in: file))
    }

    @Test func `of many threads one at a time has the lease`() async throws {
        let vault = try VaultFile.prepare(folder("vault.db"))
        let shared = try LockFile.open(nextTo: vault)
        let name = token
        let inside = Inside()
        try await withThrowingTaskGroup { group in
            for thread in 0..<4 {
                group.addTask {
                    // Half of them as one vault does, half as vaults of their own.
                    let file = thread < 2 ? shared : try LockFile.open(nextTo: vault)
                    for _ in 0..<5 {
                        let outcome = try Lease.acquire(name, in: file, until: .now + Patience.end) { () -> Int? in nil
                        }
                        let others = inside.enter()
                        #expect(others == 0)
                        // Long enough for another thread to come in, if it could.
                        usleep(1000)
                        inside.leave()
                        _ = consume outcome
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `waiting ends with what makes the lease needless`() throws {
        let file = try lockFile()
        let lease = try take(token, in: file)
        var tries = 0
        let outcome = try Lease.acquire(token, in: file, until: .now + Patience.end) { () -> String? in
            tries += 1
            return tries == 4 ? "a token" : nil
        }
        guard case .found("a token") = consume outcome else {
            Issue.record("the lease was held all the time")
            return
        }
        #expect(tries == 4)
        lease.release()
    }

    @Test func `waiting ends at its deadline, with the holder's name`() throws {
        let file = try lockFile()
        let lease = try take(token, in: file)
        let refusal = failure {
            try Lease.acquire(token, in: file, until: .now + .milliseconds(5)) { () -> Int? in nil }
        }
        #expect(refusal == .leaseHeld(holder: getpid()))
        lease.release()
    }

    @Test func `waiting ends with the error of who looks`() throws {
        let file = try lockFile()
        let lease = try take(token, in: file)
        let refusal = failure {
            try Lease.acquire(token, in: file, until: .now + Patience.end) { () throws(StoreError) -> Int? in
                throw .changedMeanwhile
            }
        }
        #expect(refusal == .changedMeanwhile)
        lease.release()
    }

    @Test func `a free lease is given though the deadline has passed`() throws {
        let file = try lockFile()
        let outcome = try Lease.acquire(token, in: file, until: .now - .seconds(1)) { () -> Int? in 1 }
        guard case .acquired = consume outcome else {
            Issue.record("it was free")
            return
        }
    }

    @Test func `a lock file that isn't ours alone is refused`() throws {
        try folder.file("a.lock", [], mode: 0o666)
        try Files.symbolicLink(folder("b.lock"), to: folder("a.lock"))
        try Files.fifo(folder("c.lock"))
        _ = try folder.folder("d.lock")
        try folder.file("e.lock", [])
        try Files.hardLink(folder("e"), to: folder("e.lock"))
        func reason(_ name: String) -> UnsafePath.Reason? {
            fault { try LockFile.open(nextTo: .prepare(folder(name))) }
        }
        #expect(reason("a") == .openToOthers(mode: 0o666))
        #expect(reason("b") == .symbolicLink)
        #expect(reason("c") == .notARegularFile)
        #expect(reason("d") == .notARegularFile)
        #expect(reason("f/e") == nil)
        #expect(fault { try LockFile.open(nextTo: .prepare(folder("e"))) } == .hardLinks(count: 2))
    }

    @Test(.enabled(if: geteuid() != 0, "root writes everywhere"))
    func `where nothing can be written there are no leases beside the vault`() throws {
        do { _ = try folder.vault() }
        let vault = try VaultFile.find(folder("vault.db"))
        try Files.setMode(folder.path, 0o500)
        #expect(
            failure { try LockFile.open(nextTo: vault) }
                == .leasesUnavailable(path: folder("vault.db.lock"), .accessDenied)
        )
    }

    @Test func `a vault that can only be read has its lock file elsewhere, one for all paths to it`() throws {
        do { _ = try folder.vault() }
        let runtime = try folder.folder("runtime")
        try Files.symbolicLink(folder("link"), to: folder.path)
        let first = try LockFile.open(for: .find(folder("vault.db")), runtimeFolder: runtime)
        let second = try LockFile.open(for: .find(folder("link/vault.db")), runtimeFolder: runtime)
        #expect(first.path == second.path && first.path.hasPrefix(runtime + "/isogeo-vault-"))
        let lease = try take(token, in: first)
        #expect(try !isFree(token, in: second))
        lease.release()
        #expect(throws: StoreError.self) {
            try LockFile.open(for: .find(folder("vault.db")), runtimeFolder: folder("missing"))
        }
    }
}

@Suite(.onItsOwnThread, .enabled(if: Python.isThere, "python3 is the other process")) struct LeaseProcessTests {
    let folder: TemporaryDirectory
    let token = LeaseName(token: Sample.bytes(32, 3))

    init() throws { folder = try TemporaryDirectory() }

    /// Holds the lock of a byte as `LockFile` does; struct flock as 64-bit Linux has it.
    private static let holder = """
        import fcntl, os, struct, sys, time
        F_OFD_SETLK = 37
        descriptor = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600)
        def lock(command, start):
            fcntl.fcntl(descriptor, command, struct.pack("hh4xqqi4x", fcntl.F_WRLCK, 0, start, 1, 0))
        lock(F_OFD_SETLK, int(sys.argv[2]))
        lock(fcntl.F_SETLK, int(sys.argv[2]) + 2**62)
        print("held", flush=True)
        time.sleep(3600)
        """

    private func child() throws -> Child {
        let child = try Child(Self.holder, [folder("vault.db.lock"), String(token.byte)])
        try child.waits(for: "held")
        return child
    }

    @Test func `another process keeps the lease, is named, and frees it by being killed`() throws {
        let file = try LockFile.open(nextTo: .prepare(folder("vault.db")))
        let child = try child()
        #expect(try !isFree(token, in: file))
        #expect(file.holder(of: token) == child.identifier)
        let refusal = failure {
            try Lease.acquire(token, in: file, until: .now + .milliseconds(5)) { () -> Int? in nil }
        }
        #expect(refusal == .leaseHeld(holder: child.identifier))
        child.kill()
        #expect(file.holder(of: token) == nil)
        #expect(try isFree(token, in: file))
    }

    @Test func `our lease keeps another process out, also when a second vault here was closed`() throws {
        let vault = try VaultFile.prepare(folder("vault.db"))
        let file = try LockFile.open(nextTo: vault)
        let lease = try take(token, in: file)
        do { _ = try LockFile.open(nextTo: vault) }
        #expect(throws: Python.Failed.self) { try child() }
        lease.release()
        _ = try child()
    }

    @Test func `our lease is named to other processes`() throws {
        let file = try LockFile.open(nextTo: .prepare(folder("vault.db")))
        let lease = try take(token, in: file)
        let answer = try Python.run(
            """
            import fcntl, os, struct, sys
            descriptor = os.open(sys.argv[1], os.O_RDWR)
            asked = struct.pack("hh4xqqi4x", fcntl.F_WRLCK, 0, int(sys.argv[2]) + 2**62, 1, 0)
            print(struct.unpack("hh4xqqi4x", fcntl.fcntl(descriptor, fcntl.F_GETLK, asked))[4])
            """,
            folder("vault.db.lock"),
            String(token.byte)
        )
        #expect(answer == "\(getpid())\n")
        lease.release()
    }

    @Test func `a lease isn't inherited by children`() throws {
        let file = try LockFile.open(nextTo: .prepare(folder("vault.db")))
        let lease = try take(token, in: file)
        let child = try Child("import time; print('here', flush=True); time.sleep(3600)", [])
        try child.waits(for: "here")
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(child.identifier)/fd").compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(child.identifier)/fd/\($0)")
        }
        #expect(!open.isEmpty && !open.contains(file.path))
        lease.release()
        #expect(try isFree(token, in: file))
    }
}
