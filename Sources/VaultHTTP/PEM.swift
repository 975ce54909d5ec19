/// Certificates as text (RFC 7468), as far as OpenSSL takes them.
enum PEM {
    /// The labels of certificates: the second is OpenSSL's, with words about what the certificate is trusted for.
    private static let labels = ["CERTIFICATE", "TRUSTED CERTIFICATE", "X509 CERTIFICATE"]
    private static let marks = labels.map { (Array("-----BEGIN \($0)-----".utf8), Array("-----END \($0)-----".utf8)) }

    /// The certificates in a text, one after the other, and nothing else.
    ///
    /// - Returns: nil where there is none, or one that is cut off or broken: OpenSSL would take none of them.
    static func certificates(in text: [UInt8]) -> [UInt8]? {
        var found: [UInt8] = []
        var lines = text.split(separator: 0x0A, omittingEmptySubsequences: false)[...]
        while let line = lines.popFirst() {
            guard let (begin, end) = marks.first(where: { $0.0.elementsEqual(trimmed(line)) }) else { continue }
            var body: [UInt8] = []
            found += begin + [0x0A]
            while true {
                guard let line = lines.popFirst().map(trimmed) else { return nil }
                found += line + [0x0A]
                if line.elementsEqual(end) { break }
                body += line
            }
            guard let bytes = decode(body), holdsCertificate(bytes) else { return nil }
        }
        return found.isEmpty ? nil : found
    }

    /// Whether the bytes begin with a SEQUENCE of DER that is all there (X.690 8.1.3).
    private static func holdsCertificate(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= 2, bytes[0] == 0x30 else { return false }
        let first = Int(bytes[1])
        guard first >= 0x80 else { return bytes.count >= 2 + first }
        let digits = first & 0x7F
        guard 1...3 ~= digits, bytes.count >= 2 + digits else { return false }
        let count = bytes[2..<2 + digits].reduce(0) { $0 << 8 | Int($1) }
        return bytes.count >= 2 + digits + count
    }

    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let end = line.lastIndex { ![0x20, 0x09, 0x0D].contains($0) }
        return line[line.startIndex..<(end.map { $0 + 1 } ?? line.startIndex)]
    }

    /// Base64 (RFC 4648 §4) of what is no secret; nil for anything else.
    private static func decode(_ text: [UInt8]) -> [UInt8]? {
        let digits = text.prefix { $0 != UInt8(ascii: "=") }
        guard text.count.isMultiple(of: 4), text.count - digits.count <= 2,
            text[digits.endIndex...].allSatisfy({ $0 == UInt8(ascii: "=") })
        else { return nil }
        var (bytes, bits, count): ([UInt8], UInt32, Int) = ([], 0, 0)
        for digit in digits {
            guard let value = value(of: digit) else { return nil }
            (bits, count) = (bits << 6 | value, count + 6)
            guard count >= 8 else { continue }
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
        return bytes
    }

    private static func value(of digit: UInt8) -> UInt32? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit) - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit) + 4
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
