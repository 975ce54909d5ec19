internal import VaultCrypto
internal import VaultStore

/// Which lasting states of a vault were told lately, so that each is told once a day.
///
/// Nothing of it is authenticated: whoever can write here can silence a warning, and has the home.
package struct WarningThrottle {
    private static let day: Int64 = 24 * 60 * 60

    private let file: StateFile

    /// What was told of the vault at that path.
    package init(vault path: String, in folder: String) {
        let name = KeyedHash.publicDigest(of: Array(path.utf8)).prefix(8)
        file = StateFile("said-\(name.map { String($0, radix: 36) }.joined(separator: "-"))", in: folder)
    }

    /// Whether it is time to tell of a state, which is remembered then; always where nothing can be remembered.
    ///
    /// - Parameters:
    ///   - state: what is told of.
    ///   - now: seconds since 1970. A time in the future was another clock's, and counts for nothing.
    /// - Returns: false where it was told within a day.
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
