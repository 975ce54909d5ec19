/// A kind of file that people take for a `client_secrets.json`, or that holds one.
package enum ForeignFile: Equatable, Sendable, CaseIterable {
    // Encrypted by another tool.
    case gitCrypt, sops, ansibleVault, age, pgp
    // Something around it, or in its place.
    case zip, gzip, gitLFS, mergeConflict, pem, sqlite, pdf, rtf, html, zeros
    // Other ways to write a credential.
    case environmentFile, yaml

    private static let heads: [(text: String, file: ForeignFile)] = [
        ("\0GITCRYPT\0", .gitCrypt), ("$ANSIBLE_VAULT;", .ansibleVault), ("age-encryption.org/", .age),
        ("-----BEGIN AGE ", .age), ("-----BEGIN PGP ", .pgp), ("-----BEGIN ", .pem), ("PK\u{3}\u{4}", .zip),
        ("PK\u{5}\u{6}", .zip), ("version https://git-lfs.github.com/", .gitLFS), ("<<<<<<< ", .mergeConflict),
        ("SQLite format 3\0", .sqlite), ("%PDF-", .pdf), ("{\\rtf", .rtf),
    ]

    /// Recognises a file by its first bytes, which may be no text.
    init?(head input: Span<UInt8>) {
        if input.count >= 2, input[0] == 0x1F, input[1] == 0x8B {
            self = .gzip
        } else if !input.isEmpty, input.indices.allSatisfy({ input[$0] == 0 }) {
            self = .zeros
        } else if let head = Self.heads.first(where: { input.hasText($0.text, at: 0) }) {
            self = head.file
        } else {
            return nil
        }
    }

    /// Recognises a text by its first line that is no comment.
    ///
    /// - Parameters:
    ///   - input: the file's bytes.
    ///   - start: where that line begins.
    init?(text input: Span<UInt8>, at start: Int) {
        if input[start] == UInt8(ascii: "<"), start + 1 < input.count, input.isMarkup(at: start + 1) {
            self = .html
            return
        }
        guard let head = Self.heads.first(where: { input.hasText($0.text, at: start) }) else {
            guard let written = Self.written(input, at: start) else { return nil }
            self = written == .yaml && input.hasLine("sops:") ? .sops : written
            return
        }
        self = head.file
    }

    /// `NAME=value`, `export NAME=value`, `name: value`, or what begins a document of YAML.
    private static func written(_ input: Span<UInt8>, at start: Int) -> ForeignFile? {
        if input.hasText("---", at: start) { return .yaml }
        let name = input.hasText("export ", at: start) ? start + 7 : start
        var end = name
        while end < input.count, end - name <= 64, input.isNameByte(at: end, isFirst: end == name) { end += 1 }
        guard end > name, end - name <= 64 else { return nil }
        if end < input.count, input[end] == UInt8(ascii: ":") {
            return end + 1 == input.count || input[end + 1] <= 0x20 ? .yaml : nil
        }
        while end < input.count, input[end] == 0x20 { end += 1 }
        return end < input.count && input[end] == UInt8(ascii: "=") ? .environmentFile : nil
    }
}

extension Span<UInt8> {
    fileprivate func hasText(_ text: String, at start: Int) -> Bool {
        start + text.utf8.count <= count && zip(start..., text.utf8).allSatisfy { self[$0] == $1 }
    }

    fileprivate func hasLine(_ text: String) -> Bool {
        indices.contains { self[$0] == 0x0A && hasText(text, at: $0 + 1) }
    }

    /// Whether what follows a `<` makes it HTML or XML, and no placeholder in brackets.
    fileprivate func isMarkup(at index: Int) -> Bool {
        let next = self[index]
        let isLetter = UInt8(ascii: "a")...UInt8(ascii: "z") ~= next | 0x20
        return isLetter || next == UInt8(ascii: "!") || next == UInt8(ascii: "?")
    }

    fileprivate func isNameByte(at index: Int, isFirst: Bool) -> Bool {
        switch self[index] {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."): !isFirst
        default: false
        }
    }
}
