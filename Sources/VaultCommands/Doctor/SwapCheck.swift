internal import VaultSystem

/// Whether memory can reach a disk in clear.
///
/// Keys and secrets are locked in memory and never swapped; cached tokens and the memory of a key derivation aren't.
enum SwapCheck {
    static func findings(_ host: HostEnvironment) -> [Finding] {
        guard let table = host.read("/proc/swaps") else {
            return [.note("swap", "/proc/swaps can't be read: whether swap is encrypted is unknown.")]
        }
        let swaps = table.split(separator: "\n").dropFirst().compactMap {
            $0.split(whereSeparator: \.isWhitespace).first
        }
        .map { unescaped($0) }
        let open = swaps.filter { !isEncrypted($0, host) }
        if swaps.isEmpty { return [.ok("swap", "There is no swap.")] }
        if open.isEmpty { return [.ok("swap", "Swap is encrypted, or in memory.")] }
        return open.map { path in
            .finding(
                "swap",
                "The swap \(path) isn't encrypted: tokens, and the memory of key derivations, may reach the disk.",
                remedy: "Encrypt it (crypttab(5): a random key for each start), use zram, or switch it off: "
                    + "sudo swapoff \(path.shellWord)"
            )
        }
    }

    private static func isEncrypted(_ path: String, _ host: HostEnvironment) -> Bool {
        let path = host.resolve(path) ?? path
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        if path.hasPrefix("/dev/") {
            // Compressed in memory; backing_dev names the disk that it writes back to, if any.
            if name.hasPrefix("zram") {
                guard let backing = host.read("/sys/block/\(name)/backing_dev")?.trimmedLine, backing != "none" else {
                    return true
                }
                return isEncrypted(backing, host)
            }
            return isCrypt("/sys/class/block/\(name)", host, depth: 4)
        }
        // A swap file is on the disk of its file system.
        guard let device = host.device(path) else { return false }
        return isCrypt("/sys/dev/block/\(device)", host, depth: 4)
    }

    /// Whether a block device, or every device below it (a volume group on an encrypted disk), is dm-crypt's.
    private static func isCrypt(_ device: String, _ host: HostEnvironment, depth: Int) -> Bool {
        if host.read("\(device)/dm/uuid")?.hasPrefix("CRYPT-") == true { return true }
        let parts = host.entries("\(device)/slaves")
        guard depth > 0, !parts.isEmpty else { return false }
        return parts.allSatisfy { isCrypt("\(device)/slaves/\($0)", host, depth: depth - 1) }
    }

    /// The kernel writes white space in a path as `\040`.
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
