import CVaultTestSupport
import Foundation

/// The keys of this user's keyring in the kernel, as /proc/keys shows them.
package enum KernelKeys {
    /// A key, and how long it has: `1h`, `59m`, `expd`; `perm` for one that stays.
    package struct Key: Equatable, Sendable {
        package let description: String
        package let rest: String
    }

    /// Whether there are such keys on this machine.
    package static let areAvailable = serials() != nil && FileManager.default.isReadableFile(atPath: "/proc/keys")

    /// The keys of one vault in the user keyring.
    ///
    /// - Parameter vault: its id in hexadecimal.
    package static func ofVault(_ vault: String) throws -> [Key] { try called("isogeo-vault:\(vault):") }

    /// The keys in the user keyring whose descriptions begin so.
    package static func called(_ prefix: String) throws -> [Key] {
        guard let serials = serials() else { throw POSIXError.last }
        // On the same thread: possession is a thread's.
        return try String(contentsOfFile: "/proc/keys", encoding: .utf8).split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ", maxSplits: 8, omittingEmptySubsequences: true)
            guard fields.count == 9, let serial = UInt32(fields[0], radix: 16), serials.contains(serial) else {
                return nil
            }
            let description = fields[8].drop { $0 == " " }
            guard fields[7] == "user", description.hasPrefix(prefix) else { return nil }
            return Key(description: String(description), rest: String(fields[3]))
        }
    }

    private static func serials() -> Set<UInt32>? {
        var keys = [Int32](repeating: 0, count: 1024)
        let count = unsafe cvault_test_user_keys(&keys, CInt(keys.count))
        return count < 0 ? nil : Set(keys.prefix(Int(count)).map { UInt32(bitPattern: $0) })
    }
}
