import Foundation
package import Testing

/// A library that is loaded into the command before its own: `LD_PRELOAD`.
package enum Preload: String, CaseIterable, Sendable, CustomTestStringConvertible {
    // Allocators, by the names of their files; conda and many images set such a one.
    case glibcDebug = "libc_malloc_debug.so.0"
    case jemalloc = "libjemalloc.so.2"
    case tcmalloc = "libtcmalloc_minimal.so.4"
    case mimalloc = "libmimalloc.so"
    // Our own, which Scripts/test compiles from Tests/Preloads.
    case constructorSetenv = "constructor_setenv.so"
    case mallocWithoutSize = "malloc_without_size.so"
    case noLocks = "no_locks.so"
    case noDirectorySync = "no_directory_sync.so"
    case recordWrites = "record_writes.so"
    case unreadableDisk = "unreadable_disk.so"
    case noGuardedMemory = "no_guarded_memory.so"
    case clock = "clock.so"
    case stopAtEnd = "stop_at_end.so"

    package static let allocators: [Preload] = [.glibcDebug, .jemalloc, .tcmalloc, .mimalloc]

    package var testDescription: String { rawValue }

    /// Where it is; nil where this machine hasn't got it.
    package var path: String? {
        if let folder = TestPaths.preloads, case let path = "\(folder)/\(rawValue)", exists(path) { return path }
        for folder in Self.folders {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            // Debian's names of mimalloc end with its version.
            if let name = names.sorted().first(where: { $0 == rawValue || $0.hasPrefix(rawValue + ".") }) {
                return "\(folder)/\(name)"
            }
        }
        return nil
    }

    private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    // Where the loader looks: its folders of the architecture come first.
    private static let folders: [String] = ["/usr/lib", "/lib"].flatMap { root in
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return names.filter { $0.hasSuffix("-linux-gnu") }.map { "\(root)/\($0)" } + [root, root + "64"]
    }
}

extension Trait where Self == ConditionTrait {
    /// For what loads a library beside the command.
    package static func needsPreload(_ preload: Preload) -> Self {
        .enabled(if: preload.path != nil, "\(preload.rawValue) isn't here; Scripts/test installs or compiles it")
    }
}
