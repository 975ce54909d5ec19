internal import VaultSystem

/// How much memory a process here can still take, as far as the kernel says so.
struct AvailableMemory {
    /// `/proc` and `/sys/fs/cgroup`, or a test's.
    let proc: String
    let cgroups: String

    static let current = AvailableMemory(proc: "/proc", cgroups: "/sys/fs/cgroup")

    /// The least of what the machine has and what each group around us may still take; nil when nothing is known.
    var bytes: UInt64? {
        ([machine] + groups.map(rest(of:))).compactMap(\.self).min()
    }

    private var machine: UInt64? {
        let line = lines(of: "\(proc)/meminfo").first { $0.hasPrefix("MemAvailable:") }
        guard let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap({ UInt64($0) }) else { return nil }
        return kibibytes << 10
    }

    // Our group and all above it: any of them may have the limit (proc(5), cgroups(7); version 2, then version 1).
    private var groups: [String] {
        var folders: [String] = []
        for line in lines(of: "\(proc)/self/cgroup") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let isMemory = parts[1].split(separator: ",").contains("memory")
            guard parts[1].isEmpty || isMemory else { continue }
            var path = parts[1].isEmpty ? cgroups : "\(cgroups)/memory"
            folders.append(path)
            for component in parts[2].split(separator: "/") {
                path += "/\(component)"
                folders.append(path)
            }
        }
        return folders
    }

    private func rest(of folder: String) -> UInt64? {
        let limit = number("\(folder)/memory.max") ?? number("\(folder)/memory.limit_in_bytes")
        let used = number("\(folder)/memory.current") ?? number("\(folder)/memory.usage_in_bytes")
        guard let limit, let used else { return nil }
        // The kernel frees inactive file pages before it kills a process.
        let idle = lines(of: "\(folder)/memory.stat").first { $0.hasPrefix("inactive_file ") }
            .flatMap { UInt64($0.dropFirst("inactive_file ".count)) }
        let held = used - min(used, idle ?? 0)
        return limit - min(limit, held)
    }

    private func number(_ path: String) -> UInt64? { lines(of: path).first.flatMap { UInt64($0) } }

    private func lines(of path: String) -> [Substring] {
        FileDescriptor.text(of: path)?.split(separator: "\n") ?? []
    }
}
