internal import VaultSystem

/// What stands between the quotation marks of a JSON string (RFC 8259 §7), over bytes.
enum JSONString {
    /// The length of the escape that begins at `start`, a surrogate pair being one.
    static func escapeLength(_ input: Span<UInt8>, at start: Int) throws(StrictJSON.Reason) -> Int {
        guard start + 1 < input.count else { throw .cutOff }
        switch input[start + 1] {
        case UInt8(ascii: "u"): break
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return 2
        default: throw .invalidEscape
        }
        let unit = try codeUnit(input, at: start)
        switch unit {
        case 0: throw .nulCharacter
        case 0xDC00...0xDFFF: throw .loneSurrogate
        case 0xD800...0xDBFF:
            guard start + 7 < input.count, input[start + 6] == UInt8(ascii: "\\"),
                input[start + 7] == UInt8(ascii: "u"), 0xDC00...0xDFFF ~= (try codeUnit(input, at: start + 6))
            else { throw .loneSurrogate }
            return 12
        default: return 6
        }
    }

    /// The four digits of a `\u` escape that begins at `start`.
    private static func codeUnit(_ input: Span<UInt8>, at start: Int) throws(StrictJSON.Reason) -> UInt32 {
        guard start + 5 < input.count else { throw .cutOff }
        var unit: UInt32 = 0
        for index in start + 2...start + 5 {
            guard let digit = HexadecimalDigits.value(of: input[index]) else { throw .invalidEscape }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }

    /// The length of the UTF-8 sequence at `start`, or 0 if there is none (Unicode 15, table 3-7: no overlong forms, no
    /// surrogates, nothing beyond U+10FFFF).
    static func sequenceLength(_ input: Span<UInt8>, at start: Int) -> Int {
        let (length, second): (Int, ClosedRange<UInt8>) =
            switch input[start] {
            case 0x00...0x7F: (1, 0x80...0xBF)
            case 0xC2...0xDF: (2, 0x80...0xBF)
            case 0xE0: (3, 0xA0...0xBF)
            case 0xED: (3, 0x80...0x9F)
            case 0xE1...0xEF: (3, 0x80...0xBF)
            case 0xF0: (4, 0x90...0xBF)
            case 0xF1...0xF3: (4, 0x80...0xBF)
            case 0xF4: (4, 0x80...0x8F)
            default: (0, 0x80...0xBF)
            }
        guard length > 1 else { return length }
        guard start + length <= input.count, second ~= input[start + 1] else { return 0 }
        for index in start + 2..<max(start + length, start + 2) where input[index] & 0xC0 != 0x80 { return 0 }
        return length
    }

    /// Gives each byte of the value of a string that was checked before.
    static func unescape(_ input: Span<UInt8>, _ range: Range<Int>, _ body: (UInt8) -> Void) {
        var position = range.lowerBound
        while position < range.upperBound {
            guard input[position] == UInt8(ascii: "\\") else {
                body(input[position])
                position += 1
                continue
            }
            let length = (try? escapeLength(input, at: position)) ?? 2
            switch input[position + 1] {
            case UInt8(ascii: "b"): body(0x08)
            case UInt8(ascii: "f"): body(0x0C)
            case UInt8(ascii: "n"): body(0x0A)
            case UInt8(ascii: "r"): body(0x0D)
            case UInt8(ascii: "t"): body(0x09)
            case UInt8(ascii: "u"): unescapeScalar(input, position, length, body)
            default: body(input[position + 1])
            }
            position += length
        }
    }

    private static func unescapeScalar(_ input: Span<UInt8>, _ start: Int, _ length: Int, _ body: (UInt8) -> Void) {
        var value = (try? codeUnit(input, at: start)) ?? 0xFFFD
        if length == 12, let low = try? codeUnit(input, at: start + 6) {
            value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
        }
        switch value {
        case 0..<0x80:
            body(UInt8(value))
        case 0x80..<0x800:
            body(UInt8(0xC0 | value >> 6))
            body(UInt8(0x80 | value & 0x3F))
        case 0x800..<0x10000:
            body(UInt8(0xE0 | value >> 12))
            body(UInt8(0x80 | value >> 6 & 0x3F))
            body(UInt8(0x80 | value & 0x3F))
        default:
            body(UInt8(0xF0 | value >> 18))
            body(UInt8(0x80 | value >> 12 & 0x3F))
            body(UInt8(0x80 | value >> 6 & 0x3F))
            body(UInt8(0x80 | value & 0x3F))
        }
    }
}

// Thrown as they are by the functions above.
extension StrictJSON.Reason: Error {}
