/// A character of a text, and where it stands: what may be said of a secret that it makes unusable.
package struct CharacterPlace: Equatable, Sendable {
    package let character: Unicode.Scalar
    /// Counted from 1, in code points.
    package let position: Int

    package init(_ character: Unicode.Scalar, at position: Int) {
        self.character = character
        self.position = position
    }
}

extension Span<UInt8> {
    /// The first character that `isWanted`; nil if there is none, or if the bytes aren't UTF-8.
    ///
    /// The text is decoded in place: no copy of it leaves guarded memory.
    package func firstCharacter(where isWanted: (Unicode.Scalar) -> Bool) -> CharacterPlace? {
        guard let text = try? UTF8Span(validating: self) else { return nil }
        var characters = text.makeUnicodeScalarIterator()
        var position = 0
        while let character = characters.next() {
            position += 1
            if isWanted(character) { return CharacterPlace(character, at: position) }
        }
        return nil
    }
}

extension Unicode.Scalar {
    /// Whether a reader can't see it, or can't tell it from a space: control and format characters, spaces other than
    /// U+0020, variation selectors, fillers.
    package var isUnseen: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        case .spaceSeparator: self != " "
        // The empty Braille pattern counts as a symbol.
        default: properties.isDefaultIgnorableCodePoint || self == "\u{2800}"
        }
    }
}
