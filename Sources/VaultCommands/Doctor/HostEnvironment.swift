internal import VaultSystem

/// What `doctor` reads of the computer; a test replaces it.
struct HostEnvironment: Sendable {
    /// A variable of the environment.
    var variable: @Sendable (String) -> String?
    /// A small text file, as in /proc and /sys; nil where it can't be read.
    var read: @Sendable (String) -> String?
    /// The names in a folder.
    var entries: @Sendable (String) -> [String]
    /// A path without links; nil where it leads nowhere.
    var resolve: @Sendable (String) -> String?
    /// The device that a file is on, as `8:1`; nil where there is no such file.
    var device: @Sendable (String) -> String?
    /// How many bytes may be locked in memory (RLIMIT_MEMLOCK); nil for any number.
    var lockLimit: @Sendable () -> UInt64?

    static let real = HostEnvironment(
        variable: Environment.value,
        read: { FileDescriptor.text(of: $0) },
        entries: { path in (try? Directory.named(path).names()) ?? [] },
        resolve: { try? FilePath.resolve($0) },
        device: { path in
            // makedev(3) of Linux; Swift can't import its macros.
            guard let device = try? FileStatus(of: path, followsLink: true).identity.device else { return nil }
            let major = device >> 8 & 0xFFF | device >> 32 & ~0xFFF
            return "\(major):\(device & 0xFF | device >> 12 & ~0xFF)"
        },
        lockLimit: { MemoryLocking.limit }
    )

    /// Whether a variable is set and not empty.
    func isSet(_ name: String) -> Bool { variable(name)?.isEmpty == false }
}

extension String {
    /// The text without the blanks and line ends around it.
    var trimmedLine: String {
        var text = self[...]
        while text.last?.isWhitespace == true { text.removeLast() }
        while text.first?.isWhitespace == true { text.removeFirst() }
        return String(text)
    }
}
