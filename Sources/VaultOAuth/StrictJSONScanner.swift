internal import VaultCrypto

/// One pass over a JSON text that leaves positions: a flat list of nodes, containers before what they contain.
///
/// It keeps its own stack: nesting costs no stack of the thread's, however deep the text pretends to be.
struct StrictJSONScanner {
    struct Node: Sendable {
        let kind: StrictJSON.Kind
        /// Where the value begins; for a string, behind the quotation mark.
        let start: Int
        /// Where it ends; for a string, before the quotation mark.
        var end: Int
        /// The node after this one and all that it contains.
        var next: Int
    }

    private enum Expectation { case value, firstElement, key, firstKey, separator }

    private var nodes: [Node] = []
    private var position: Int
    private var openContainers: [Int] = []

    private init(position: Int) { self.position = position }

    static func scan(_ input: Span<UInt8>, from offset: Int) throws(StrictJSON.Failure) -> [Node] {
        var scanner = StrictJSONScanner(position: offset)
        do {
            try scanner.scan(input)
        } catch {
            throw StrictJSON.Failure(error.reason, at: error.offset, in: input)
        }
        return scanner.nodes
    }

    // MARK: - Structure

    private struct Halt: Error {
        let reason: StrictJSON.Reason
        let offset: Int
    }

    private mutating func scan(_ input: Span<UInt8>) throws(Halt) {
        var expectation = Expectation.value
        skipWhitespace(input)
        guard position < input.count else { throw Halt(reason: .empty, offset: position) }
        repeat {
            expectation = try step(input, expectation)
            skipWhitespace(input)
        } while !(expectation == .separator && openContainers.isEmpty)
        guard position == input.count else { throw halt(.trailingCharacters) }
    }

    private mutating func step(_ input: Span<UInt8>, _ expectation: Expectation) throws(Halt) -> Expectation {
        let byte = try peek(input)
        switch (expectation, byte) {
        case (.firstElement, UInt8(ascii: "]")), (.firstKey, UInt8(ascii: "}")):
            return try closeContainer(input)
        case (.key, UInt8(ascii: "}")),
            (.value, UInt8(ascii: "]")) where isInArray:
            throw halt(.trailingComma)
        case (.firstKey, UInt8(ascii: "\"")), (.key, UInt8(ascii: "\"")):
            try scanString(input)
            skipWhitespace(input)
            guard try peek(input) == UInt8(ascii: ":") else { throw halt(.unexpectedCharacter) }
            position += 1
            return .value
        case (.value, _), (.firstElement, _):
            return try scanValue(input, byte)
        case (.separator, UInt8(ascii: ",")):
            position += 1
            return isInObject ? .key : .value
        case (.separator, UInt8(ascii: "}")) where isInObject, (.separator, UInt8(ascii: "]")) where isInArray:
            return try closeContainer(input)
        default:
            throw halt(byte == UInt8(ascii: "/") ? .comment : .unexpectedCharacter)
        }
    }

    private var isInObject: Bool { openContainers.last.map { nodes[$0].kind == .object } ?? false }

    private var isInArray: Bool { openContainers.last.map { nodes[$0].kind == .array } ?? false }

    private mutating func scanValue(_ input: Span<UInt8>, _ byte: UInt8) throws(Halt) -> Expectation {
        switch byte {
        case UInt8(ascii: "{"): return try openContainer(.object, then: .firstKey)
        case UInt8(ascii: "["): return try openContainer(.array, then: .firstElement)
        case UInt8(ascii: "\""): try scanString(input)
        case UInt8(ascii: "t"): try scanLiteral(input, "true", .boolean)
        case UInt8(ascii: "f"): try scanLiteral(input, "false", .boolean)
        case UInt8(ascii: "n"): try scanLiteral(input, "null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try scanNumber(input)
        case UInt8(ascii: "/"): throw halt(.comment)
        default: throw halt(.unexpectedCharacter)
        }
        return .separator
    }

    private mutating func openContainer(_ kind: StrictJSON.Kind, then next: Expectation) throws(Halt) -> Expectation {
        guard openContainers.count < StrictJSON.depthLimit else { throw halt(.tooDeep) }
        openContainers.append(nodes.count)
        nodes.append(Node(kind: kind, start: position, end: position, next: nodes.count))
        position += 1
        return next
    }

    private mutating func closeContainer(_ input: Span<UInt8>) throws(Halt) -> Expectation {
        position += 1
        guard let container = openContainers.popLast() else { return .separator }
        nodes[container].end = position
        nodes[container].next = nodes.count
        if nodes[container].kind == .object { try refuseDuplicateKeys(input, of: container) }
        return .separator
    }

    /// Keyed hashes first, so that an object with a hundred thousand names costs no quadratic time.
    private func refuseDuplicateKeys(_ input: Span<UInt8>, of object: Int) throws(Halt) {
        var keysByHash: [Int: [Int]] = [:]
        var key = object + 1
        while key < nodes[object].next {
            var hasher = Hasher()
            Self.unescape(input, nodes[key].start..<nodes[key].end) { hasher.combine($0) }
            let hash = hasher.finalize()
            for earlier in keysByHash[hash, default: []] where Self.areEqual(input, nodes[earlier], nodes[key]) {
                throw Halt(reason: .duplicateKey, offset: nodes[key].start - 1)
            }
            keysByHash[hash, default: []].append(key)
            key = nodes[key + 1].next
        }
    }

    private static func areEqual(_ input: Span<UInt8>, _ first: Node, _ second: Node) -> Bool {
        unescaped(input, first).matches(unescaped(input, second))
    }

    private static func unescaped(_ input: Span<UInt8>, _ node: Node) -> SecretBytes {
        SecretBytes(capacity: node.end - node.start) { (output: inout OutputSpan<UInt8>) in
            unescape(input, node.start..<node.end) { output.append($0) }
        }
    }

    // MARK: - Scalars

    private mutating func scanLiteral(_ input: Span<UInt8>, _ literal: StaticString, _ kind: StrictJSON.Kind)
        throws(Halt)
    {
        let start = position
        for expected in literal.description.utf8 {
            guard try peek(input) == expected else { throw halt(.unexpectedCharacter) }
            position += 1
        }
        appendScalar(kind, start..<position)
    }

    private mutating func scanNumber(_ input: Span<UInt8>) throws(Halt) {
        let start = position
        if input[position] == UInt8(ascii: "-") { position += 1 }
        if position < input.count, input[position] == UInt8(ascii: "0") {
            position += 1
        } else {
            try scanDigits(input)
        }
        if position < input.count, input[position] == UInt8(ascii: ".") {
            position += 1
            try scanDigits(input)
        }
        if position < input.count, input[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < input.count, input[position] == UInt8(ascii: "+") || input[position] == UInt8(ascii: "-") {
                position += 1
            }
            try scanDigits(input)
        }
        // What follows a leading zero, as in 007, would be called an unexpected character otherwise.
        if position < input.count, Self.isDigit(input[position]) { throw halt(.invalidNumber) }
        appendScalar(.number, start..<position)
    }

    private mutating func scanDigits(_ input: Span<UInt8>) throws(Halt) {
        guard position < input.count else { throw halt(.cutOff) }
        guard Self.isDigit(input[position]) else { throw halt(.invalidNumber) }
        while position < input.count, Self.isDigit(input[position]) { position += 1 }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

    private mutating func scanString(_ input: Span<UInt8>) throws(Halt) {
        position += 1
        let start = position
        while true {
            switch try peek(input) {
            case UInt8(ascii: "\""):
                appendScalar(.string, start..<position)
                position += 1
                return
            case UInt8(ascii: "\\"):
                do { position += try JSONString.escapeLength(input, at: position) } catch { throw halt(error) }
            case 0..<0x20:
                throw halt(.controlCharacter)
            case 0..<0x80:
                position += 1
            default:
                let length = JSONString.sequenceLength(input, at: position)
                guard length > 0 else { throw halt(.invalidUTF8) }
                position += length
            }
        }
    }

    /// Gives each byte of a string's value; `range` was scanned before.
    static func unescape(_ input: Span<UInt8>, _ range: Range<Int>, _ body: (UInt8) -> Void) {
        JSONString.unescape(input, range, body)
    }

    // MARK: - Steps

    private mutating func appendScalar(_ kind: StrictJSON.Kind, _ range: Range<Int>) {
        nodes.append(Node(kind: kind, start: range.lowerBound, end: range.upperBound, next: nodes.count + 1))
    }

    private mutating func skipWhitespace(_ input: Span<UInt8>) {
        while position < input.count, [0x20, 0x09, 0x0A, 0x0D].contains(input[position]) { position += 1 }
    }

    private func peek(_ input: Span<UInt8>) throws(Halt) -> UInt8 {
        guard position < input.count else { throw halt(.cutOff) }
        return input[position]
    }

    private func halt(_ reason: StrictJSON.Reason) -> Halt { Halt(reason: reason, offset: position) }
}

extension StrictJSON.Failure {
    fileprivate init(_ reason: StrictJSON.Reason, at offset: Int, in input: Span<UInt8>) {
        var line = 1
        var column = 1
        for index in 0..<min(offset, input.count) {
            if input[index] == 0x0A {
                line += 1
                column = 1
            } else if input[index] & 0xC0 != 0x80 {
                column += 1
            }
        }
        self.init(reason: reason, line: line, column: column)
    }
}
