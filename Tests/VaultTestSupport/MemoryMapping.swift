import Foundation
package import Glibc

/// One mapping of a process, as `/proc/PID/smaps` tells it (proc(5)).
package struct MemoryMapping: Sendable, CustomStringConvertible {
    package let addresses: Range<UInt64>
    package let permissions: String
    /// A file, `[heap]`, `[stack]`, or nothing.
    package let name: String
    /// Flag `lo`: it never goes to swap.
    package let isLocked: Bool
    /// Flag `dd`: core dumps leave it out.
    package let isExcludedFromDumps: Bool

    /// Whether it can be the guarded memory of one secret: a page of its own.
    package var isGuarded: Bool { isLocked && isExcludedFromDumps && addresses.count == Int(getpagesize()) }

    package var description: String {
        "\(String(addresses.lowerBound, radix: 16))-\(String(addresses.upperBound, radix: 16)) \(permissions) "
            + "\(isLocked ? "locked" : "not locked") \(name)"
    }

    /// The mappings of a process; those of one that isn't dumpable only root, or the process itself, can read.
    package static func all(of process: pid_t) throws -> [MemoryMapping] {
        // Read by hand: Foundation takes the first short read for the file's end, and /proc gives nothing else.
        let file = try Descriptor(opening: "/proc/\(process)/smaps", O_RDONLY)
        var bytes: [UInt8] = []
        while file.read(appendingTo: &bytes) != .ended {}
        let text = String(decoding: bytes, as: UTF8.self)
        var (mappings, header): ([MemoryMapping], [Substring]) = ([], [])
        for line in text.split(separator: "\n") {
            if line.hasPrefix("VmFlags:") {
                if let mapping = MemoryMapping(header, flags: line.split(separator: " ")) { mappings.append(mapping) }
            } else if line.first?.isUppercase == false {
                header = line.split(separator: " ", maxSplits: 5)
            }
        }
        return mappings
    }

    private init?(_ header: [Substring], flags: [Substring]) {
        guard header.count >= 5 else { return nil }
        let bounds = header[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
        guard bounds.count == 2, bounds[0] < bounds[1] else { return nil }
        addresses = bounds[0]..<bounds[1]
        permissions = String(header[1])
        name = header.count > 5 ? header[5].trimmingCharacters(in: .whitespaces) : ""
        isLocked = flags.contains("lo")
        isExcludedFromDumps = flags.contains("dd")
    }
}
