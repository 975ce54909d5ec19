@_spi(_Unicode) internal import Swift

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

    /// Whether it has invisible characters, such as those that change the direction of writing: it could look like
    /// another name.
    ///
    /// Such a name is accepted when read, and refused for a new application. The joiners (U+200C, U+200D) belong to the
    /// spelling in some scripts.
    var hasUnseenCharacters: Bool {
        description.unicodeScalars.contains { scalar in
            switch scalar.properties.generalCategory {
            case .format: scalar.value != 0x200C && scalar.value != 0x200D
            case .lineSeparator, .paragraphSeparator: true
            default: false
            }
        }
    }

    /// Refuses such a name.
    func checkVisible() throws(VaultError) {
        guard hasUnseenCharacters else { return }
        throw VaultError(.unseenCharacters)
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
        self.init(parts.joined(separator: "-"))
    }
}

extension Substring {
    fileprivate var isHexadecimal: Bool { allSatisfy(\.isHexDigit) }
}
