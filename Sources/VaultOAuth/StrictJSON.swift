package import VaultCrypto

/// A JSON text (RFC 8259) that was read strictly, with its bytes in guarded memory.
///
/// What parsers disagree about is refused: duplicate keys (compared after unescaping), trailing commas, comments, bytes
/// behind the value, invalid UTF-8, lone surrogates, `\u0000`. Apart from the bytes only positions are kept, so that a
/// string goes from the text into `SecretBytes` and nowhere else.
package struct StrictJSON: ~Copyable, Sendable {
    /// How deep arrays and objects may be nested.
    package static let depthLimit = 32

    /// What a value is.
    package enum Kind: Sendable { case object, array, string, number, boolean, null }

    /// One value of the text it was got from.
    package struct Value: Equatable, Sendable {
        fileprivate let index: Int
    }

    private let bytes: SecretBytes
    private let nodes: [StrictJSONScanner.Node]

    /// Reads the whole of `bytes`, behind the first `offset` of them.
    ///
    /// - Throws: what is wrong and where, without any of the content.
    package init(_ bytes: consuming SecretBytes, from offset: Int = 0) throws(Failure) {
        nodes = try bytes.withBytes { (input: Span<UInt8>) throws(Failure) in
            try StrictJSONScanner.scan(input, from: offset)
        }
        self.bytes = bytes
    }

    /// The one value of the text.
    package var root: Value { Value(index: 0) }

    package func kind(of value: Value) -> Kind { nodes[value.index].kind }

    /// The member of an object that has this name; nil if there is none, or if this is no object.
    package func member(_ name: String, of object: Value) -> Value? {
        guard kind(of: object) == .object else { return nil }
        let wanted = Array(name.utf8)
        var key = object.index + 1
        while key < nodes[object.index].next {
            if isText(of: key, equalTo: wanted) { return Value(index: key + 1) }
            key = nodes[key + 1].next
        }
        return nil
    }

    /// The elements of an array; empty for anything else.
    package func elements(of array: Value) -> [Value] {
        guard kind(of: array) == .array else { return [] }
        var elements: [Value] = []
        var element = array.index + 1
        while element < nodes[array.index].next {
            elements.append(Value(index: element))
            element = nodes[element].next
        }
        return elements
    }

    /// A string, unescaped, in guarded memory; nil for anything else.
    package func secret(_ value: Value) -> SecretBytes? {
        let node = nodes[value.index]
        guard node.kind == .string else { return nil }
        return bytes.withBytes { input in
            // Unescaping never lengthens.
            SecretBytes(capacity: node.end - node.start) { (output: inout OutputSpan<UInt8>) in
                StrictJSONScanner.unescape(input, node.start..<node.end) { output.append($0) }
            }
        }
    }

    /// A string that is no secret; nil for anything else.
    package func text(_ value: Value) -> String? {
        let node = nodes[value.index]
        guard node.kind == .string else { return nil }
        return bytes.withBytes { input in
            let text = [UInt8](capacity: node.end - node.start) { output in
                StrictJSONScanner.unescape(input, node.start..<node.end) { output.append($0) }
            }
            return String(decoding: text, as: UTF8.self)
        }
    }

    /// A number as the nearest `Double`, infinite beyond its range (`1e400`); nil for anything else, numeric strings
    /// included.
    package func number(_ value: Value) -> Double? {
        let node = nodes[value.index]
        guard node.kind == .number else { return nil }
        return bytes.withBytes { input in
            let literal = (node.start..<node.end).map { input[$0] }
            return Double(String(decoding: literal, as: UTF8.self))
        }
    }

    private func isText(of index: Int, equalTo wanted: [UInt8]) -> Bool {
        let node = nodes[index]
        return bytes.withBytes { input in
            var position = 0
            var isEqual = true
            StrictJSONScanner.unescape(input, node.start..<node.end) { byte in
                if position >= wanted.count || wanted[position] != byte { isEqual = false }
                position += 1
            }
            return isEqual && position == wanted.count
        }
    }
}

extension StrictJSON {
    /// Why a text isn't strict JSON, and where.
    package struct Failure: Error, Equatable, Sendable {
        package let reason: Reason
        /// Counted from 1; lines end with LF.
        package let line: Int
        /// Counted from 1, in characters as an editor counts them (code points).
        package let column: Int

        package init(reason: Reason, line: Int, column: Int) {
            self.reason = reason
            self.line = line
            self.column = column
        }
    }

    package enum Reason: String, Sendable, CaseIterable {
        case empty, cutOff, unexpectedCharacter, trailingComma, comment, trailingCharacters, duplicateKey, tooDeep
        case invalidUTF8, controlCharacter, invalidEscape, loneSurrogate, nulCharacter, invalidNumber
    }
}
