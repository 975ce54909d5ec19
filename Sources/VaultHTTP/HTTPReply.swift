package import VaultCrypto

/// What came back over the wire, undecided.
package struct HTTPReply: ~Copyable, Sendable {
    /// The HTTP status.
    package let status: Int
    /// No longer than the limit of its request.
    package let body: SecretBytes
    /// Whether the answer broke off, of which the status is certain all the same.
    package let isCutOff: Bool
    package let retryAfter: String?
    package let location: String?

    package init(
        status: Int,
        body: consuming SecretBytes,
        isCutOff: Bool = false,
        retryAfter: String? = nil,
        location: String? = nil
    ) {
        self.status = status
        self.body = body
        self.isCutOff = isCutOff
        self.retryAfter = retryAfter
        self.location = location
    }

    /// The body, and nothing else of it.
    package consuming func takeBody() -> SecretBytes { body }
}

/// The header lines of an answer.
struct ReplyHeaders {
    private var values: [String: String] = [:]
    /// Whether the empty line came that ends them.
    private(set) var areComplete = false

    /// Reads header lines as they came; of several answers in one (`103 Early Hints` before `200`) the last counts.
    init(_ lines: some Collection<UInt8>) {
        // Without what follows the last line end.
        let lines = String(decoding: lines, as: UTF8.self)
            .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).dropLast()
        for line in lines {
            if line.hasPrefix("HTTP/") { (values, areComplete) = ([:], false) }
            if line.isEmpty { areComplete = true }
            guard let colon = line.firstIndex(of: ":") else { continue }
            let name = line[..<colon].lowercased()
            if values[name] == nil { values[name] = String(line[line.index(after: colon)...]).trimmingSpaces }
        }
    }

    /// The first value of a header, by its name in lower case.
    subscript(name: String) -> String? { values[name] }
}

extension String {
    /// Without spaces and tabs at its ends.
    package var trimmingSpaces: String {
        var text = self[...]
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}
