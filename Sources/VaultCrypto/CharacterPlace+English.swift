extension CharacterPlace {
    /// Such as `U+00A0 (no-break space) as character 64`.
    package var words: String { "\(character.words) as character \(position)" }
}

extension Unicode.Scalar {
    /// Such as `U+00A0 (no-break space)`: its number, which is always visible, and its name in Unicode.
    package var words: String {
        let digits = String(value, radix: 16, uppercase: true)
        let number = "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        return "\(number) (\(properties.name?.lowercased() ?? controlName))"
    }

    // Unicode gives control characters no name.
    private var controlName: String {
        switch value {
        case 0x00: "NUL"
        case 0x07: "bell"
        case 0x08: "backspace"
        case 0x09: "tab"
        case 0x0A: "line feed"
        case 0x0D: "carriage return"
        case 0x1B: "escape"
        case 0x7F: "delete"
        default: properties.generalCategory == .control ? "control character" : "without a name"
        }
    }
}
