extension String {
    /// The text with nothing in it that a terminal would obey or not show: control characters, and those that turn the
    /// direction of writing, are written as their numbers.
    ///
    /// Paths and names of files come from anywhere, and a message about one isn't to move the cursor.
    var visible: String { visible { _ in false } }

    /// The same, with line ends kept: for what is made of lines.
    var visibleLines: String { visible { $0 == "\n" } }

    private func visible(keeping isKept: (Unicode.Scalar) -> Bool) -> String {
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
        // Nearly all text is ASCII, and the tables of Unicode aren't asked about it.
        if isASCII { return value < 0x20 || value == 0x7F }
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: return true
        default: return properties.isBidiControl
        }
    }
}
