import Foundation
import Testing
import VaultCrypto
import VaultTestSupport

private func isThere() -> Bool {
    _ = SecretBytes.random(count: 1)
    return SecretBytes.allHidden
}

/// Secrets in memory that the kernel leaves out of its own map, where it has such memory.
@Suite(.enabled(if: isThere(), "this kernel has no memfd_secret(2), or RLIMIT_MEMLOCK is too small"))
struct HiddenMemoryTests {
    private func address(of secret: borrowing SecretBytes) -> UInt64 {
        secret.withBytes { bytes in
            unsafe bytes.withUnsafeBufferPointer { UInt64(UInt(bitPattern: $0.baseAddress)) }
        }
    }

    @Test(arguments: [32, 4096, 10_000]) func `no other way than the secret's own leads to its bytes`(count: Int) throws
    {
        let secret = SecretBytes.random(count: count)
        let address = address(of: secret)
        let mapping = try #require(try MemoryMapping.all(of: getpid()).first { $0.addresses.contains(address) })
        #expect(mapping.name.hasPrefix("/secretmem") && mapping.isLocked && mapping.isExcludedFromDumps)
        let memory = try Descriptor(opening: "/proc/self/mem", O_RDONLY)
        var byte: UInt8 = 0
        #expect(unsafe pread(memory.number, &byte, 1, off_t(address)) == -1)
        #expect(secret.count == count)
    }

    @Test func `a page that is used again holds nothing of the secret before`() {
        // The next one of a page gets the page that was given back last; other tests may take it in between.
        for _ in 0..<1000 {
            let (place, isOurs) = {
                let secret = SecretBytes(copying: [UInt8](repeating: 0xA5, count: 4096).span)
                return (address(of: secret), secret.count == 4096)
            }()
            let next = SecretBytes(capacity: 4096) { (output: inout OutputSpan<UInt8>) in
                // What lies there, unchanged.
                unsafe output.withUnsafeMutableBufferPointer { _, count in count = 4096 }
            }
            guard isOurs, address(of: next) == place else { continue }
            #expect(next.revealed.allSatisfy { $0 == 0 })
            return
        }
        Issue.record("no page was ever used again")
    }

    @Test func `more secrets than there are pages in store, and longer ones, are kept apart`() {
        struct Kept: ~Copyable {
            let secret: SecretBytes
            let seed: UInt8
            let next: Box?
        }
        final class Box {
            let kept: Kept
            init(_ kept: consuming Kept) { self.kept = kept }
        }
        var last: Box?
        for number in 0..<200 {
            let seed = UInt8(number)
            let bytes = [UInt8](repeating: seed, count: number.isMultiple(of: 50) ? 9000 : 1 + number)
            last = Box(Kept(secret: SecretBytes(copying: bytes.span), seed: seed, next: last))
        }
        var count = 0
        while let box = last {
            #expect(box.kept.secret.revealed.allSatisfy { $0 == box.kept.seed })
            last = box.kept.next
            count += 1
        }
        #expect(count == 200)
    }

    @Test func `no descriptor of it stays that a program could inherit`() async {
        // In a process of its own: other tests make such memory, and have a descriptor meanwhile.
        await #expect(processExitsWith: .success) {
            let secret = SecretBytes.random(count: 10_000)
            let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap {
                try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
            }
            #expect(!open.isEmpty && !open.contains { $0.contains("secretmem") })
            #expect(secret.count == 10_000)
        }
    }

    @Test func `beyond what may be locked it is libsodium's memory, and that is known`() async {
        await #expect(processExitsWith: .success) {
            var none = rlimit(rlim_cur: 0, rlim_max: 0)
            #expect(unsafe setrlimit(CInt(__RLIMIT_MEMLOCK.rawValue), &none) == 0)
            // root's CAP_IPC_LOCK passes the limit.
            guard geteuid() != 0 else { return }
            let secret = SecretBytes(copying: [1, 2, 3].span)
            #expect(secret.revealed == [1, 2, 3] && !SecretBytes.allHidden && !SecretBytes.allLocked)
        }
    }
}
