internal import VaultCrypto

/// What stands in a file where a value belongs: it can't be the value itself.
package enum Placeholder: Equatable, Sendable, CaseIterable {
    /// A template's words, such as `<client_secret>`.
    case template
    /// What sops or eyaml made of it: `ENC[AES256_GCM,…]`.
    case encrypted
    /// Where a secret store has it: `op://vault/item`, `ref+vault://…`, `@Microsoft.KeyVault(…)`.
    case reference
    /// A variable or an expression that nothing replaced: `${X}`, `$X`, `{{ x }}`, `<%= x %>`.
    case variable
    /// What a log or a page shows instead: `***`.
    case mask

    private static let templates = [
        "{client_id}", "{client_secret}", "<client_id>", "<client_secret>", "your_client_id", "your_client_secret",
        "your-client-id", "your-client-secret",
    ]
    private static let variables = [("${", "}"), ("$(", ")"), ("{{", "}}"), ("<%", "%>")]

    /// What the text is, if it is one; nil for what can be a value.
    init?(_ text: Span<UInt8>) {
        if text.isBetween("[[", "]]") || Self.templates.contains(where: { text.isEqualIgnoringCase($0) }) {
            self = .template
        } else if text.isBetween("ENC[", "]") {
            self = .encrypted
        } else if text.beginsWithScheme || text.begins(with: "@Microsoft.KeyVault(") {
            self = .reference
        } else if text.isNamedVariable || Self.variables.contains(where: { text.isBetween($0.0, $0.1) }) {
            self = .variable
        } else if text.count >= 3, text.firstCharacter(where: { !"*•●".unicodeScalars.contains($0) }) == nil {
            self = .mask
        } else {
            return nil
        }
    }
}

extension Span<UInt8> {
    fileprivate func begins(with text: StaticString) -> Bool { isEqual(text.description, at: 0) }

    fileprivate func isBetween(_ head: String, _ tail: String) -> Bool {
        count >= head.utf8.count + tail.utf8.count && isEqual(head, at: 0) && isEqual(tail, at: count - tail.utf8.count)
    }

    private func isEqual(_ text: String, at start: Int) -> Bool {
        start + text.utf8.count <= count && zip(start..., text.utf8).allSatisfy { self[$0] == $1 }
    }

    fileprivate func isEqualIgnoringCase(_ text: String) -> Bool {
        text.utf8.count == count
            && zip(0..., text.utf8).allSatisfy { index, byte in
                (UInt8(ascii: "A")...UInt8(ascii: "Z") ~= self[index] ? self[index] | 0x20 : self[index]) == byte
            }
    }

    /// `$NAME`, in capitals as the environment has them.
    fileprivate var isNamedVariable: Bool {
        guard count >= 3, self[0] == UInt8(ascii: "$") else { return false }
        return (1..<count).allSatisfy { index in
            switch self[index] {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"): index > 1
            default: false
            }
        }
    }

    /// A scheme of at most 32 letters, digits, `+`, `-` and `.`, and `://` behind it (RFC 3986 §3.1).
    fileprivate var beginsWithScheme: Bool {
        guard let colon = (0..<Swift.min(count, 33)).first(where: { self[$0] == UInt8(ascii: ":") }), colon > 1 else {
            return false
        }
        return isEqual("://", at: colon)
            && (0..<colon).allSatisfy { index in
                switch self[index] {
                case UInt8(ascii: "a")...UInt8(ascii: "z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
                    index > 0
                default: false
                }
            }
    }

    /// Whether quotation marks stand at both ends, as a shell or an INI file leaves them.
    var isQuoted: Bool {
        isBetween("\"", "\"") || isBetween("'", "'") || isBetween("“", "”") || isBetween("‘", "’")
            || isBetween("«", "»")
    }
}
