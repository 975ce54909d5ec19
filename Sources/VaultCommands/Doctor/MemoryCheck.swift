/// Whether a crash, swap or a reused page can reveal secrets in memory.
enum MemoryCheck {
    /// The bytes that a command locks, generously: a page for each key, slot and secret, a request's buffers, and parts
    /// of stacks.
    static let needed = 1024 * 1024

    static func coreDumps(_ host: HostEnvironment) -> [Finding] {
        let program = host.read("/proc/sys/kernel/core_pattern")?.trimmedLine ?? ""
        var findings: [Finding] = []
        if program.hasPrefix("|") {
            findings.append(
                .note(
                    "core-dumps",
                    "Crashes of programs are handed to \(program.dropFirst().prefix { $0 != " " }). This command is "
                        + "never dumped; a program that uses the library is, but without the memory of its secrets."
                )
            )
        } else {
            findings.append(.ok("core-dumps", "This command is never dumped, and no program collects crashes."))
        }
        if host.read("/proc/sys/fs/suid_dumpable")?.trimmedLine == "1" {
            findings.append(
                .finding(
                    "core-dumps",
                    "Programs that change their user are dumped too (fs.suid_dumpable is 1).",
                    remedy: "sudo sysctl fs.suid_dumpable=0, and the same in /etc/sysctl.d."
                )
            )
        }
        return findings
    }

    /// Whether secrets can be locked in memory, so that they are never swapped.
    ///
    /// - Parameters:
    ///   - limit: RLIMIT_MEMLOCK in bytes; nil for none.
    ///   - canLock: whether so many bytes can be locked: root may exceed the limit, a container may stay below it.
    /// - Returns: the findings.
    static func locking(limit: UInt64?, canLock: (Int) -> Bool) -> [Finding] {
        let limit = limit.map { "\($0 / 1024) KiB" } ?? "without a limit"
        guard !canLock(needed) else { return [.ok("locked-memory", "Secrets can be locked in memory (\(limit)).")] }
        return [
            .finding(
                "locked-memory",
                "Too little memory can be locked (\(limit); \(needed / 1024) KiB are needed): secrets may be swapped.",
                remedy:
                    "Raise RLIMIT_MEMLOCK: LimitMEMLOCK=8M in a systemd unit, memlock in /etc/security/limits.conf, "
                    + "or --ulimit memlock=8388608 for a container."
            )
        ]
    }

    /// Whether secrets lie in memory that the kernel itself doesn't map.
    static func hiding(_ hides: Bool) -> [Finding] {
        hides
            ? [.ok("hidden-memory", "The memory of secrets is left out of the kernel's own map (memfd_secret).")]
            : [
                .note(
                    "hidden-memory",
                    "memfd_secret isn't available here: a fault of the kernel, or root, can read secrets in memory.",
                    remedy:
                        "Linux 5.14 has it; before 6.5 it takes secretmem.enable=1 on the kernel's command line. A "
                        + "container's profile may forbid it, and it counts as locked memory (RLIMIT_MEMLOCK)."
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
