import CVaultTestSupport
import Foundation
package import Glibc

/// Looks for bytes in the whole memory of a process.
///
/// A process that isn't dumpable hides its memory from everybody but root (CAP_SYS_PTRACE) and itself. Nothing is
/// stopped meanwhile: the process should be waiting for something.
package struct MemorySearch: Sendable {
    /// What is looked for, kept in a form that a search of our own memory doesn't find.
    package struct Pattern: Sendable {
        package let name: String
        fileprivate let masked: [UInt8]
        fileprivate static let mask: UInt8 = 0xa5

        package init(_ name: String, _ bytes: some Sequence<UInt8>) {
            self.init(name, masked: bytes.map { $0 ^ Self.mask })
        }

        private init(_ name: String, masked: [UInt8]) {
            self.name = name
            self.masked = masked
            precondition(masked.count >= 8, "fewer than eight bytes are found by accident")
        }

        /// Bytes that are exclusive-ored with something already.
        package init(_ name: String, masked: [UInt8], by mask: UInt8) {
            self.init(name, masked: masked.map { $0 ^ mask ^ Self.mask })
        }

        /// Bytes that are only lent.
        package init(_ name: String, lent bytes: Span<UInt8>) {
            var masked: [UInt8] = []
            for index in bytes.indices { masked.append(bytes[index] ^ Self.mask) }
            self.init(name, masked: masked)
        }
    }

    /// What counts as a find.
    package enum Grain: Sendable {
        /// The whole pattern.
        case whole
        /// Any run of so many of its bytes: registers hold 16, 32 or 64.
        case run(of: Int)

        /// Shorter ones are found by accident, or are a register of 8 bytes next to another one.
        package static let register = Grain.run(of: 12)
    }

    /// A place where a pattern stands, or a run of its bytes.
    package struct Hit: Sendable, CustomStringConvertible {
        package let pattern: String
        package let address: UInt64
        /// How many bytes.
        package let count: Int
        package let mapping: MemoryMapping

        package var description: String {
            "\(count) bytes of \(pattern) at \(String(address, radix: 16)) in \(mapping)"
        }
    }

    package private(set) var hits: [Hit] = []
    /// How much was read: a search that read nothing proves nothing.
    package private(set) var bytesRead = 0

    /// What must be none: copies that could reach swap.
    package var hitsOutsideLockedMemory: [Hit] { hits.filter { !$0.mapping.isLocked } }

    /// Searches another process.
    ///
    /// - Throws: where we may not look.
    package init(of process: pid_t, for patterns: [Pattern], grain: Grain = .whole) throws {
        let memory = try Descriptor(opening: "/proc/\(process)/mem", O_RDONLY)
        try unsafe self.init(process, patterns, grain) { address, buffer in
            // Guard pages are read as well: what ptrace(2) may see isn't bound by the mapping's permissions.
            unsafe pread(memory.number, buffer.baseAddress, buffer.count, off_t(address))
        }
    }

    /// Searches this process; pages that we may not read now, guard pages among them, are passed over.
    package init(ofOurselvesFor patterns: [Pattern], grain: Grain = .whole) throws {
        try unsafe self.init(getpid(), patterns, grain) { address, buffer in
            unsafe cvault_test_read_own_memory(address, buffer.baseAddress, buffer.count)
        }
    }

    private init(
        _ process: pid_t,
        _ patterns: [Pattern],
        _ grain: Grain,
        read: (UInt64, UnsafeMutableRawBufferPointer) -> Int
    ) throws {
        let chunk = 1 << 20
        let overlap = (patterns.map(\.masked.count).max() ?? 1) - 1
        // In a mapping of its own, so that what was read isn't found a second time.
        let buffer = try ScratchMapping(count: chunk + overlap)
        for mapping in try MemoryMapping.all(of: process) where !mapping.addresses.overlaps(buffer.addresses) {
            // Devices may be mapped too, and reading those does things; [vsyscall] lies where no offset reaches.
            guard !mapping.name.hasPrefix("/dev/"), mapping.addresses.upperBound <= UInt64(Int64.max) else { continue }
            var start = mapping.addresses.lowerBound
            while start < mapping.addresses.upperBound {
                let wanted = min(chunk + overlap, Int(mapping.addresses.upperBound - start))
                let count = unsafe max(0, read(start, UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<wanted])))
                let isEmpty = unsafe cvault_test_is_zero(buffer.bytes.baseAddress, count) != 0
                for pattern in patterns where !isEmpty {
                    // What begins behind the chunk is the next one's.
                    for (offset, length) in pattern.finds(in: buffer, count: count, grain) where offset < chunk {
                        let address = start + UInt64(offset)
                        hits.append(Hit(pattern: pattern.name, address: address, count: length, mapping: mapping))
                    }
                }
                bytesRead += min(count, chunk)
                // A page that can't be read is passed over, what follows it isn't.
                start += UInt64(count == wanted ? chunk : (count / pageSize + 1) * pageSize)
            }
        }
    }
}

private let pageSize = Int(getpagesize())

extension MemorySearch.Pattern {
    fileprivate func finds(in scratch: ScratchMapping, count: Int, _ grain: MemorySearch.Grain)
        -> [(offset: Int, length: Int)]
    {
        switch grain {
        case .whole: offsets(in: scratch, count: count).map { ($0, masked.count) }
        case .run(let shortest): runs(in: scratch, count: count, shortest)
        }
    }

    private func runs(in scratch: ScratchMapping, count: Int, _ shortest: Int) -> [(offset: Int, length: Int)] {
        var (found, next): ([(offset: Int, length: Int)], Int) = ([], 0)
        var run = cvault_test_run()
        while unsafe cvault_test_find_run(
            scratch.bytes.baseAddress,
            count,
            next,
            masked,
            masked.count,
            Self.mask,
            shortest,
            &run
        ) != 0 {
            found.append((run.place, run.length))
            next = run.place + run.length
        }
        return found
    }

    private func offsets(in scratch: ScratchMapping, count: Int) -> [Int] {
        var (found, next): ([Int], Int) = ([], 0)
        while true {
            let offset = unsafe cvault_test_find(
                scratch.bytes.baseAddress,
                count,
                next,
                masked,
                masked.count,
                Self.mask
            )
            guard offset >= 0 else { return found }
            found.append(offset)
            next = offset + 1
        }
    }
}

/// Memory for what was read of others, between pages that nobody can read: without them the kernel would make one
/// mapping of it and its neighbours, and those would be left out of a search of ourselves.
@safe
private final class ScratchMapping {
    private let mapping: UnsafeMutableRawBufferPointer
    let bytes: UnsafeMutableRawBufferPointer

    init(count: Int) throws {
        let size = (count + pageSize - 1) / pageSize * pageSize
        let start = unsafe mmap(nil, size + 2 * pageSize, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let start = unsafe start, unsafe start != MAP_FAILED else { throw POSIXError.last }
        unsafe mapping = UnsafeMutableRawBufferPointer(start: start, count: size + 2 * pageSize)
        unsafe bytes = UnsafeMutableRawBufferPointer(start: start + pageSize, count: size)
        guard unsafe mprotect(bytes.baseAddress, size, PROT_READ | PROT_WRITE) == 0 else { throw POSIXError.last }
    }

    deinit { unsafe munmap(mapping.baseAddress, mapping.count) }

    /// Where it lies.
    var addresses: Range<UInt64> {
        let start = unsafe UInt64(UInt(bitPattern: mapping.baseAddress))
        return unsafe start..<start + UInt64(mapping.count)
    }
}
