internal import VaultSystem

/// What is read of an API: a path below its base, and a query.
package struct APIRequest: Hashable, Sendable {
    /// The longest address that is asked for, in bytes.
    package static let lengthLimit = 8192

    let base: APIBase
    /// The whole address.
    let url: String

    /// Checks what is asked for: whatever could lead to another host, or be read in two ways, is refused.
    ///
    /// - Parameters:
    ///   - path: begins with `/`; it may have a query of its own, percent-encoded.
    ///   - query: names and values as they are meant; they are percent-encoded here.
    ///   - base: where the API lies.
    /// - Throws: what is wrong.
    package init(_ path: String, query: [(name: String, value: String)] = [], at base: APIBase)
        throws(APIRequestProblem)
    {
        guard path.hasPrefix("/") else { throw .relative }
        guard !path.hasPrefix("//") else { throw .otherHost }
        var rest = path.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            if scalar == "%" {
                let digits = rest.prefix(2).map { $0.isASCII ? UInt8(truncatingIfNeeded: $0.value) : 0 }
                guard digits.count == 2, digits.allSatisfy({ HexadecimalDigits.value(of: $0) != nil }) else {
                    throw .character(scalar)
                }
            } else if !Self.isPlain(scalar) {
                throw .character(scalar)
            }
        }
        guard !Self.hasDotSegment(path.prefix { $0 != "?" }) else { throw .dotSegment }
        var url = base.text + path
        for (name, value) in query {
            guard !name.isEmpty else { throw .emptyName }
            url += url.utf8.contains(UInt8(ascii: "?")) ? "&" : "?"
            url += Self.encode(name) + "=" + Self.encode(value)
        }
        guard url.utf8.count <= Self.lengthLimit else { throw .tooLong }
        self.base = base
        self.url = url
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar.isASCII else { return false }
        let byte = UInt8(truncatingIfNeeded: scalar.value)
        return FormEncoding.isUnreserved(byte) || "~!$&'()+,;=:@/?".utf8.contains(byte)
    }

    /// Dot segments are taken away by some and sent by others (RFC 3986 §5.2.4); and there are servers that take `%2F`
    /// and `%5C` for a slash, decode twice, or pass over what a semicolon begins.
    private static func hasDotSegment(_ path: Substring) -> Bool {
        var plain = path.lowercased()
        while plain.contains("%25") { plain = plain.replacing("%25", with: "%") }
        for (code, character) in [("%2e", "."), ("%2f", "/"), ("%5c", "/"), ("%3b", ";")] {
            plain = plain.replacing(code, with: character)
        }
        return plain.split(separator: "/").contains { segment in
            let name = segment.prefix { $0 != ";" }
            return name == "." || name == ".."
        }
    }

    /// RFC 3986 §2.1: all but letters, digits and `-._~`.
    private static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            if FormEncoding.isUnreserved(byte) && byte != UInt8(ascii: "*") || byte == UInt8(ascii: "~") {
                encoded.append(byte)
            } else {
                encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}

/// Why something can't be read of an API.
package enum APIRequestProblem: Error, Equatable, Sendable {
    case relative, otherHost, dotSegment, emptyName, tooLong
    /// The first that an address can't hold.
    case character(Unicode.Scalar)
}
