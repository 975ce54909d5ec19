internal import CVaultLinux
internal import Glibc

/// What `doctor` sees of the computer, through doors that a test puts others in place of.
struct Host: Sendable {
    /// A variable of the environment.
    var variable: @Sendable (String) -> String?
    /// A small text file, as those of /proc and /sys; nil where it can't be read.
    var read: @Sendable (String) -> String?
    /// The names in a folder.
    var entries: @Sendable (String) -> [String]
    /// A path without links; nil where it leads nowhere.
    var resolve: @Sendable (String) -> String?
    /// The device that a file lies on, as `8:1`; nil where there is no such file.
    var device: @Sendable (String) -> String?
    /// How many bytes may be locked in memory (RLIMIT_MEMLOCK); nil for any number.
    var lockLimit: @Sendable () -> UInt64?

    static let real = Host(
        variable: { name in unsafe getenv(name).map { value in unsafe String(cString: value) } },
        read: { readText($0) },
        entries: { names(in: $0) },
        resolve: { path in
            guard let resolved = unsafe realpath(path, nil) else { return nil }
            defer { unsafe free(resolved) }
            return unsafe String(cString: resolved)
        },
        device: { path in
            var status = stat()
            guard unsafe stat(path, &status) == 0 else { return nil }
            // makedev(3) as Linux has it; its macros aren't for Swift.
            let device = UInt64(status.st_dev)
            let major = device >> 8 & 0xFFF | device >> 32 & ~0xFFF
            return "\(major):\(device & 0xFF | device >> 12 & ~0xFF)"
        },
        lockLimit: {
            var limit: UInt64 = 0
            guard unsafe cvault_lock_limit(&limit) == 0, limit != .max else { return nil }
            return limit
        }
    )

    /// Whether a variable is set and not empty.
    func isSet(_ name: String) -> Bool { variable(name)?.isEmpty == false }

    private static func readText(_ path: String) -> String? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 64 * 1024)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
        return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
    }

    private static func names(in path: String) -> [String] {
        guard let folder = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
                unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
