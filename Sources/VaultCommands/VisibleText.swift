extension String {
    /// The text with control characters, and those that change the direction of writing, as numbers.
    ///
    /// A path or a server's words may contain anything: a message about them mustn't move the cursor, or look like
    /// another message.
    var visible: String { visible { _ in false } }

    /// The same, but with its line ends.
    var visibleLines: String { visible { $0 == "\n" } }

    /// JSON with the same characters as `\\u` escapes, which mean the same text: a terminal may show it.
    var visibleJSON: String {
        guard unicodeScalars.contains(where: { $0.isInvisible && $0 != "\n" }) else { return self }
        return unicodeScalars.reduce(into: "") { text, scalar in
            guard scalar.isInvisible, scalar != "\n" else { return text.unicodeScalars.append(scalar) }
            for unit in String(scalar).utf16 {
                let digits = String(unit, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
    }

    fileprivate func visible(keeping isKept: (Unicode.Scalar) -> Bool) -> String {
        guard unicodeScalars.contains(where: { $0.isInvisible && !isKept($0) }) else { return self }
        return unicodeScalars.reduce(into: "") { text, scalar in
            if scalar.isInvisible, !isKept(scalar) {
                text += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }
}

extension Unicode.Scalar {
    fileprivate var isInvisible: Bool {
        // Nearly all text is ASCII, which needs no look at Unicode's tables.
        if isASCII { return value < 0x20 || value == 0x7F }
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: return true
        default: return properties.isBidiControl
        }
    }
}

/// Makes text visible that arrives in pieces, such as a server's answer; line ends and tabs stay.
struct VisibleStream {
    /// The beginning of a character whose rest hasn't arrived.
    private var unfinished: [UInt8] = []

    /// The text that this piece completes; bytes that aren't UTF-8 become U+FFFD.
    mutating func show(_ piece: [UInt8]) -> [UInt8] {
        let bytes = unfinished + piece
        let complete = bytes.count - Self.unfinishedCount(bytes)
        unfinished = Array(bytes[complete...])
        return Self.visible(bytes[..<complete])
    }

    /// The rest, when no piece is left.
    mutating func end() -> [UInt8] {
        defer { unfinished = [] }
        return Self.visible(unfinished[...])
    }

    private static func visible(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        Array(String(decoding: bytes, as: UTF8.self).visible { $0 == "\n" || $0 == "\t" }.utf8)
    }

    private static func unfinishedCount(_ bytes: [UInt8]) -> Int {
        let tail = bytes.suffix(4).reversed().prefix(while: { $0 & 0xC0 == 0x80 }).count
        guard tail < min(4, bytes.count) else { return 0 }
        let length =
            switch bytes[bytes.count - 1 - tail] {
            case 0xC2...0xDF: 2
            case 0xE0...0xEF: 3
            case 0xF0...0xF4: 4
            default: 0
            }
        return length > tail + 1 ? tail + 1 : 0
    }
}
