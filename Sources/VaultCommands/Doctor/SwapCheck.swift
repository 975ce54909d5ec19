internal import VaultSystem

/// Whether memory can reach a disk in clear.
///
/// Keys and secrets are locked in memory and never swapped; what a passphrase is stretched in, and cached tokens, aren't.
enum SwapCheck {
    static func remarks(_ host: HostEnvironment) -> [Finding] {
        guard let table = host.read("/proc/swaps") else {
            return [.note("swap", "/proc/swaps can't be read: whether swap is encrypted isn't known.")]
        }
        let swaps = table.split(separator: "\n").dropFirst().compactMap {
            $0.split(whereSeparator: \.isWhitespace).first
        }
        .map { unescaped($0) }
        let open = swaps.filter { !isEncrypted($0, host) }
        if swaps.isEmpty { return [.ok("swap", "There is no swap.")] }
        if open.isEmpty { return [.ok("swap", "What is swapped is encrypted, or stays in memory.")] }
        return open.map { path in
            .finding(
                "swap",
                "The swap \(path) isn't encrypted: what a passphrase is stretched in, and tokens, may reach the disk.",
                remedy: "Encrypt it (crypttab(5): a random key for each start), use zram, or switch it off: "
                    + "sudo swapoff \(path.shellWord)"
            )
        }
    }

    private static func isEncrypted(_ path: String, _ host: HostEnvironment) -> Bool {
        let path = host.resolve(path) ?? path
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        if path.hasPrefix("/dev/") {
            // Compressed in memory; where it writes back to a disk, that disk is named here.
            if name.hasPrefix("zram") {
                guard let backing = host.read("/sys/block/\(name)/backing_dev")?.trimmedLine, backing != "none" else {
                    return true
                }
                return isEncrypted(backing, host)
            }
            return isCrypt("/sys/class/block/\(name)", host, depth: 4)
        }
        // A file lies where its file system does.
        guard let device = host.device(path) else { return false }
        return isCrypt("/sys/dev/block/\(device)", host, depth: 4)
    }

    /// Whether a block device, or all that it is made of (a volume group on an encrypted disk), is dm-crypt's.
    private static func isCrypt(_ device: String, _ host: HostEnvironment, depth: Int) -> Bool {
        if host.read("\(device)/dm/uuid")?.hasPrefix("CRYPT-") == true { return true }
        let parts = host.entries("\(device)/slaves")
        guard depth > 0, !parts.isEmpty else { return false }
        return parts.allSatisfy { isCrypt("\(device)/slaves/\($0)", host, depth: depth - 1) }
    }

    /// The kernel writes blanks and their like in a path as `\040`.
    private static func unescaped(_ path: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(path.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(3), as: UTF8.self)
            if byte == UInt8(ascii: "\\"), digits.utf8.count == 3, let value = UInt8(digits, radix: 8) {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
