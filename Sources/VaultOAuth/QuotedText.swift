internal import VaultCrypto
internal import VaultSystem

/// What quoting adds to a text, taken off again; in guarded memory, because the text may hold a secret.
enum QuotedText {
    /// The letters and digits of ASCII, in lower case, full-width ones too; the rest is left out.
    static func folded(_ text: Span<UInt8>) -> SecretBytes {
        SecretBytes(capacity: text.count) { (output: inout OutputSpan<UInt8>) in
            var index = 0
            while index < text.count {
                let (byte, length) = character(text, at: index)
                index += length
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): output.append(byte)
                case UInt8(ascii: "A")...UInt8(ascii: "Z"): output.append(byte + 0x20)
                default: break
                }
            }
        }
    }

    /// A byte; for a full-width form (U+FF01 … U+FF5E, three bytes) the character of ASCII that it stands for.
    private static func character(_ text: Span<UInt8>, at index: Int) -> (UInt8, length: Int) {
        guard text[index] == 0xEF, index + 2 < text.count else { return (text[index], 1) }
        switch (text[index + 1], text[index + 2]) {
        case (0xBC, let last) where 0x81...0xBF ~= last: return (last - 0x81 + 0x21, 3)
        case (0xBD, let last) where 0x80...0x9E ~= last: return (last - 0x80 + 0x60, 3)
        default: return (text[index], 1)
        }
    }

    /// One layer of quoting less: `%41`, `&#65;`, `&#x41;`, `&amp;` and its like, `\u0041`, `\x41`, `0x41`, and what
    /// colours a terminal; nil where there is none.
    static func unquoted(_ text: Span<UInt8>) -> SecretBytes? {
        var isChanged = false
        let unquoted = SecretBytes(capacity: text.count) { (output: inout OutputSpan<UInt8>) in
            var index = 0
            while index < text.count {
                if let (scalar, length) = quoted(text, at: index) {
                    // No quoting is shorter than what it stands for.
                    append(scalar, to: &output)
                    index += length
                    isChanged = true
                } else {
                    output.append(text[index])
                    index += 1
                }
            }
        }
        guard isChanged else { return nil }
        return unquoted
    }

    /// A quoted character; a byte of UTF-8 is taken for the character of that number, and put out as the byte.
    private static func quoted(_ text: Span<UInt8>, at start: Int) -> (UInt32, length: Int)? {
        switch text[start] {
        case UInt8(ascii: "%"): hexadecimal(text, start + 1, digits: 2).map { ($0, 3) }
        case UInt8(ascii: "\\") where start + 1 < text.count: escape(text, at: start)
        case UInt8(ascii: "0") where start + 1 < text.count && text[start + 1] | 0x20 == UInt8(ascii: "x"):
            hexadecimal(text, start + 2, digits: 2).map { ($0, 4) }
        case UInt8(ascii: "&"): entity(text, at: start)
        case 0x1B where start + 1 < text.count && text[start + 1] == UInt8(ascii: "["): sequence(text, at: start)
        default: nil
        }
    }

    /// `\u0041`, `\u{41}`, `\U00000041`, `\x41`; `\n` and its like are as good as a space.
    private static func escape(_ text: Span<UInt8>, at start: Int) -> (UInt32, length: Int)? {
        switch text[start + 1] {
        case UInt8(ascii: "u") where start + 2 < text.count && text[start + 2] == UInt8(ascii: "{"):
            var end = start + 3
            while end < text.count, end - start < 10, text[end] != UInt8(ascii: "}") { end += 1 }
            guard end < text.count, text[end] == UInt8(ascii: "}"), end > start + 3 else { return nil }
            return hexadecimal(text, start + 3, digits: end - start - 3).map { ($0, end + 1 - start) }
        case UInt8(ascii: "u"): return hexadecimal(text, start + 2, digits: 4).map { ($0, 6) }
        case UInt8(ascii: "U"): return hexadecimal(text, start + 2, digits: 8).map { ($0, 10) }
        case UInt8(ascii: "x"): return hexadecimal(text, start + 2, digits: 2).map { ($0, 4) }
        case UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"): return (0x20, 2)
        default: return nil
        }
    }

    /// A control sequence of a terminal (ECMA-48, 5.4): `ESC [`, parameters, and one final byte.
    private static func sequence(_ text: Span<UInt8>, at start: Int) -> (UInt32, length: Int)? {
        var end = start + 2
        while end < text.count, 0x20...0x3F ~= text[end] { end += 1 }
        guard end < text.count, 0x40...0x7E ~= text[end] else { return nil }
        return (0x20, end + 1 - start)
    }

    private static func hexadecimal(_ text: Span<UInt8>, _ start: Int, digits: Int) -> UInt32? {
        guard start + digits <= text.count else { return nil }
        var value: UInt32 = 0
        for index in start..<start + digits {
            guard let digit = HexadecimalDigits.value(of: text[index]) else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    /// Those that aren't seen, or separate, are as good as a space.
    private static let names: [(name: String, character: Unicode.Scalar)] =
        [("amp", "&"), ("lt", "<"), ("gt", ">"), ("quot", "\""), ("apos", "'")]
        + ["nbsp", "shy", "zwj", "zwnj", "ensp", "emsp", "thinsp", "Tab", "NewLine"].map { ($0, " ") }

    /// A character reference of HTML (HTML Living Standard, 13.5), as far as servers write them.
    private static func entity(_ text: Span<UInt8>, at start: Int) -> (UInt32, length: Int)? {
        var end = start + 1
        // `&#x10FFFF;`, with zeros in front; browsers take a number without the semicolon, too.
        let isNumber = end < text.count && text[end] == UInt8(ascii: "#")
        if isNumber { end += 1 }
        while end < text.count, end - start < 12, isAlphanumeric(text[end]) { end += 1 }
        let hasEnd = end < text.count && text[end] == UInt8(ascii: ";")
        guard hasEnd || isNumber else { return nil }
        let body = String(decoding: (start + 1..<end).map { text[$0] }, as: UTF8.self)
        let length = end - start + (hasEnd ? 1 : 0)
        if let found = names.first(where: { $0.name == body }) { return (found.character.value, length) }
        guard isNumber else { return nil }
        let digits = body.dropFirst()
        let value = digits.lowercased().hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        return value.map { ($0, length) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }

    private static func append(_ scalar: UInt32, to output: inout OutputSpan<UInt8>) {
        guard scalar > 0xFF, let scalar = Unicode.Scalar(scalar) else {
            return output.append(UInt8(truncatingIfNeeded: scalar))
        }
        for byte in String(Character(scalar)).utf8 { output.append(byte) }
    }
}
