/// Fields one after the other, each behind its length as four bytes (little-endian).
///
/// Every list of fields has one encoding, and no two lists share one. Associated data, commitments and record payloads
/// are made of it.
package struct CanonicalEncoder {
    package private(set) var bytes: [UInt8] = []

    package init() {}

    /// Appends one field.
    package mutating func append(_ field: Span<UInt8>) {
        appendLength(field.count)
        for index in field.indices { bytes.append(field[index]) }
    }

    package mutating func append(_ field: [UInt8]) {
        appendLength(field.count)
        bytes.append(contentsOf: field)
    }

    /// Appends a text as UTF-8.
    package mutating func append(_ text: String) { append(Array(text.utf8)) }

    /// Appends a number as eight bytes, little-endian.
    package mutating func append(_ number: UInt64) {
        append(number.littleEndianBytes)
    }

    package mutating func append(_ number: Int64) { append(UInt64(bitPattern: number)) }

    private mutating func appendLength(_ count: Int) {
        // A field beyond 4 GiB can't come here: every source is bounded far below.
        let length = UInt32(count)
        for shift in stride(from: 0, to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: length >> shift)) }
    }
}

extension UInt64 {
    /// The number as eight bytes.
    package var littleEndianBytes: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: self >> (8 * $0)) } }
}

/// Reads what `CanonicalEncoder` wrote, and nothing else.
package struct CanonicalDecoder {
    private let bytes: [UInt8]
    private var position = 0

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Whether every field has been read.
    package var isAtEnd: Bool { position == bytes.count }

    /// The next field.
    package mutating func next() throws(CryptoError) -> [UInt8] {
        guard bytes.count - position >= 4 else { throw .malformedEncoding }
        let length = (0..<4).reduce(0) { $0 | Int(bytes[position + $1]) << (8 * $1) }
        guard bytes.count - position - 4 >= length else { throw .malformedEncoding }
        position += 4 + length
        return Array(bytes[position - length..<position])
    }

    package mutating func nextText() throws(CryptoError) -> String {
        guard let text = String(validating: try next(), as: UTF8.self) else { throw .malformedEncoding }
        return text
    }

    package mutating func nextNumber() throws(CryptoError) -> UInt64 {
        let field = try next()
        guard field.count == 8 else { throw .malformedEncoding }
        return field.indices.reduce(0) { $0 | UInt64(field[$1]) << (8 * UInt64($1)) }
    }

    package mutating func nextSignedNumber() throws(CryptoError) -> Int64 { Int64(bitPattern: try nextNumber()) }

    /// Refuses whatever stands behind the last field.
    package func finish() throws(CryptoError) {
        guard isAtEnd else { throw .malformedEncoding }
    }
}
