/// Whether memory stays where it is: crashes, and locking.
enum MemoryCheck {
    /// What a command may hold at once, generously: keys, slots and secrets of a page each, and the buffers of a request.
    static let needed = 512 * 1024

    static func coreDumps(_ host: HostEnvironment) -> [Finding] {
        let program = host.read("/proc/sys/kernel/core_pattern")?.trimmedLine ?? ""
        var remarks: [Finding] = []
        if program.hasPrefix("|") {
            remarks.append(
                .note(
                    "core-dumps",
                    "Crashes of programs are handed to \(program.dropFirst().prefix { $0 != " " }). This command is never "
                        + "dumped; a program that uses the library is, without the memory that its secrets lie in."
                )
            )
        } else {
            remarks.append(.ok("core-dumps", "This command is never dumped, and no program is handed crashes."))
        }
        if host.read("/proc/sys/fs/suid_dumpable")?.trimmedLine == "1" {
            remarks.append(
                .finding(
                    "core-dumps",
                    "Programs that change their user are dumped too (fs.suid_dumpable is 1).",
                    remedy: "sudo sysctl fs.suid_dumpable=0, and the same in /etc/sysctl.d."
                )
            )
        }
        return remarks
    }

    /// Whether secrets can be kept from being swapped.
    ///
    /// - Parameters:
    ///   - limit: RLIMIT_MEMLOCK in bytes; nil for none.
    ///   - canLock: whether that much can really be locked: root may whatever the limit says, and a container may not.
    /// - Returns: what is to be said.
    static func locking(limit: UInt64?, canLock: (Int) -> Bool) -> [Finding] {
        let told = limit.map { "\($0 / 1024) KiB" } ?? "without a limit"
        guard !canLock(needed) else { return [.ok("locked-memory", "Secrets can be locked in memory (\(told)).")] }
        return [
            .finding(
                "locked-memory",
                "Not enough memory can be locked (\(told), and \(needed / 1024) KiB are wanted): secrets could be swapped.",
                remedy:
                    "Raise RLIMIT_MEMLOCK: LimitMEMLOCK=8M in a systemd unit, memlock in /etc/security/limits.conf, "
                    + "or --ulimit memlock=8388608 for a container."
            )
        ]
    }

    /// Whether what this command frees is wiped first.
    static func wiping(_ wipes: Bool) -> [Finding] {
        guard !wipes else { return [.ok("freed-memory", "What this command frees is wiped first.")] }
        return [
            .finding(
                "freed-memory",
                "A preloaded library replaces malloc without malloc_usable_size: what this command frees isn't wiped.",
                remedy: "Start isogeo-vault without it: env -u LD_PRELOAD isogeo-vault …"
            )
        ]
    }
}
