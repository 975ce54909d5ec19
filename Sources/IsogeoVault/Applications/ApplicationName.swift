@_spi(_Unicode) internal import Swift
internal import VaultCrypto

/// The name of an application in a vault: 1 … 128 bytes of UTF-8 in normalisation form C, without control characters.
public struct ApplicationName: Hashable, Sendable, CustomStringConvertible {
    /// The longest name, in bytes.
    public static let lengthLimit = 128

    /// The name itself, in normalisation form C.
    public let description: String

    /// Reads a name; nil when it is empty, too long, or has control characters.
    ///
    /// Two ways of writing one letter (é as one character or as two) give one name.
    public init?(_ text: String) {
        // The standard library normalises for its comparisons and shows the result under this name alone; the
        // alternative is all of Foundation, with 40 MB of ICU.
        var normal = String.UnicodeScalarView()
        for scalar in text._nfc { normal.append(scalar) }
        let name = String(normal)
        guard (1...Self.lengthLimit).contains(name.utf8.count),
            name.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else { return nil }
        description = name
    }

    private init(normal description: String) { self.description = description }

    /// The same in memory of its own.
    var copy: ApplicationName { ApplicationName(normal: description.copy) }

    /// The first character by which it could look like another name: one that can't be seen, a space that isn't
    /// U+0020, or a space at an end or behind another.
    ///
    /// Such a name is accepted when read, and refused for a new application. The joiners (U+200C, U+200D) belong to the
    /// spelling between letters of some scripts, and there alone.
    var misleadingCharacter: CharacterPlace? {
        let text = Array(description.unicodeScalars)
        let index = text.indices.first { index in
            let isFirst = index == 0
            let isLast = index == text.count - 1
            switch text[index] {
            case " ": return isFirst || isLast || text[index - 1] == " "
            case "\u{200C}", "\u{200D}":
                return isFirst || isLast || !text[index - 1].isJoined || !text[index + 1].isJoined
            default: return text[index].isUnseen
            }
        }
        return index.map { CharacterPlace(text[$0], at: $0 + 1) }
    }

    /// Refuses such a name.
    func checkVisible() throws(VaultError) {
        if let place = misleadingCharacter { throw VaultError(.misleadingName(place)) }
    }

    /// A name derived from a client_id: the client_id without the UUID or random part at its end.
    package init?(suggestedBy clientID: String) {
        var parts = clientID.split(separator: "-", omittingEmptySubsequences: false)
        if parts.count > 5, zip(parts.suffix(5), [8, 4, 4, 4, 12]).allSatisfy({ $0.isHexadecimal && $0.count == $1 }) {
            parts.removeLast(5)
        } else if let last = parts.last, parts.count > 1, last.count >= 20, last.contains(where: \.isNumber) {
            parts.removeLast()
        }
        if parts.count > 1, parts.last == "uuid" { parts.removeLast() }
        // An id with spaces around it must not make a name with them.
        let words = parts.joined(separator: "-").split(separator: " ")
        self.init(words.joined(separator: " "))
    }
}

extension Unicode.Scalar {
    /// Whether it belongs to the scripts that joiners occur in: from Hebrew and Arabic to those of India, to Khmer and
    /// Mongolian.
    fileprivate var isJoined: Bool { 0x0590...0x1BFF ~= value }
}

extension String {
    /// The same in memory of its own, unless it needs none.
    var copy: String { String(decoding: Array(utf8), as: UTF8.self) }
}

extension Substring {
    fileprivate var isHexadecimal: Bool { allSatisfy(\.isHexDigit) }
}
