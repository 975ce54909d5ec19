internal import VaultCrypto
internal import VaultStore

/// Remembers which recurring warnings of a vault were printed lately, so that each is printed once a day.
///
/// The file isn't authenticated: an attacker who can write it can silence a warning, and controls the home already.
package struct WarningThrottle {
    private static let day: Int64 = 24 * 60 * 60

    private let file: StateFile

    /// The warnings printed of the vault at that path.
    package init(vault path: String, in folder: String) {
        let name = KeyedHash.publicDigest(of: Array(path.utf8)).prefix(8)
        file = StateFile("said-\(name.map { String($0, radix: 36) }.joined(separator: "-"))", in: folder)
    }

    /// Whether a warning is due, whose time is then stored.
    ///
    /// Without a writable folder every warning is due.
    ///
    /// - Parameters:
    ///   - state: what the warning is about.
    ///   - now: seconds since 1970. A recorded time in the future came from another clock and is ignored.
    /// - Returns: false if the warning was printed within a day.
    package func isDue(_ state: RecurringWarning, now: Int64) -> Bool {
        let text = (try? file.read(limit: 4096)).flatMap { $0 } ?? []
        var times: [String: Int64] = [:]
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let words = String(decoding: line, as: UTF8.self).split(separator: " ")
            guard words.count == 2, let time = Int64(words[1]), (now - Self.day + 1..<now + 1).contains(time) else {
                continue
            }
            times[String(words[0])] = time
        }
        guard times[state.rawValue] == nil else { return false }
        times[state.rawValue] = now
        let lines = times.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }
        try? file.replace(with: Array(lines.joined().utf8))
        return true
    }
}
