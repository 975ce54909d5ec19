/// Why a passphrase can't be a new one: it couldn't be typed again.
package enum PassphraseFault: Equatable, Sendable {
    /// What an editor writes before the text.
    case byteOrderMark
    case utf16
    case notUTF8
    case controlCharacter(Unicode.Scalar)

    /// The fault of these bytes, if they have one.
    init?(in bytes: Span<UInt8>) {
        let head = (0..<min(3, bytes.count)).map { bytes[$0] }
        if head == [0xEF, 0xBB, 0xBF] {
            self = .byteOrderMark
        } else if head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF]) || Self.isUTF16(bytes) {
            self = .utf16
        } else if let place = bytes.firstCharacter(where: { $0.properties.generalCategory == .control }) {
            self = .controlCharacter(place.character)
        } else if (try? UTF8Span(validating: bytes)) == nil {
            self = .notUTF8
        } else {
            return nil
        }
    }

    /// Latin text in UTF-16 without a mark: each second byte is 0.
    private static func isUTF16(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count >= 2, bytes.count % 2 == 0 else { return false }
        return (0...1).contains { first in
            stride(from: first, to: bytes.count, by: 2).allSatisfy { bytes[$0] == 0 }
                && stride(from: 1 - first, to: bytes.count, by: 2).allSatisfy { bytes[$0] != 0 }
        }
    }
}
