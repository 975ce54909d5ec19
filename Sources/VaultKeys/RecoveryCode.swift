package import VaultCrypto
internal import VaultSystem

/// A code that people write down, and type again years later: 256 random bits and what finds a slip of the pen.
///
/// Thirteen groups of five characters of Crockford's base 32, 65 in all: four carry 20 bits, the fifth checks its
/// group. 260 bits are 4 too many; the last four are zero. On the way in case doesn't matter, O is 0, I and L are 1,
/// and hyphens and white space are passed over.
///
/// A group is checked in GF(32): `n·α⁵ + a·α⁴ + b·α³ + c·α² + d·α + check = 0`, where n is the group's number (1 … 13)
/// and a … d are its characters. Each place has a weight of its own, so that any wrong character changes the sum, and
/// so does any exchange of two different ones; the number is weighed as if it stood in front, so that a group in
/// another's place doesn't check either.
package struct RecoveryCode: ~Copyable, Sendable {
    /// How many groups a code has, and how many characters a group.
    package static let groupCount = 13
    package static let groupLength = 5
    /// Characters without hyphens.
    package static let characterCount = groupCount * groupLength
    /// More than this is no code, in bytes: room for lines, blanks and margins.
    package static let textLimit = 1024

    private static let byteCount = 32

    let bytes: SecretBytes

    private init(bytes: consuming SecretBytes) { self.bytes = bytes }

    /// Reads a code from a file of the user's own.
    ///
    /// - Throws: `unreadable`, `unsafeFile`, what is wrong with the code.
    package static func read(_ path: String) throws(KeyError) -> RecoveryCode {
        try RecoveryCode(text: try SecretFile.read(path, limit: textLimit, policy: .own, holding: .recoveryCode))
    }

    /// A new code.
    package static func random() -> RecoveryCode { RecoveryCode(bytes: .random(count: byteCount)) }

    /// The code with these 32 bytes, for tests.
    init(copying bytes: Span<UInt8>) {
        precondition(bytes.count == Self.byteCount, "a recovery code has 32 bytes")
        self.init(bytes: SecretBytes(copying: bytes))
    }

    /// The code as people see it: groups between hyphens, 77 characters without a line end.
    package var text: SecretBytes {
        SecretBytes(capacity: Self.characterCount + Self.groupCount - 1) { (output: inout OutputSpan<UInt8>) in
            bytes.withBytes { bytes in
                for group in 1...Self.groupCount {
                    if group > 1 { output.append(Self.hyphen) }
                    var check = GroupCheck(group: group)
                    for place in (group - 1) * Self.dataLength..<group * Self.dataLength {
                        let value = Self.value(at: place, of: bytes)
                        check.append(value)
                        output.append(CrockfordBase32.character(of: value))
                    }
                    output.append(CrockfordBase32.character(of: check.closing))
                }
            }
        }
    }

    /// Reads a code that a user typed or kept in a file.
    ///
    /// - Throws: `recoveryCodeNotAlphabet`, `recoveryCodeIncomplete`, `recoveryCodeDamaged`; none contains a character.
    package init(text: Span<UInt8>) throws(KeyError) {
        let values = try Self.values(of: text)
        let damaged = values.withBytes { Self.damagedGroups($0) }
        guard damaged.isEmpty else { throw .recoveryCodeDamaged(groups: damaged) }
        self.init(bytes: values.withBytes { Self.packed($0) })
    }

    package init(text: borrowing SecretBytes) throws(KeyError) {
        self = try text.withBytes { (text: Span<UInt8>) throws(KeyError) in try RecoveryCode(text: text) }
    }

    // MARK: - Between characters and bytes

    private static let dataLength = groupLength - 1
    private static let hyphen = UInt8(ascii: "-")

    /// The five bits at a place among the 52 that carry bits, the highest first.
    private static func value(at place: Int, of bytes: Span<UInt8>) -> UInt8 {
        let (index, offset) = (place * 5).quotientAndRemainder(dividingBy: 8)
        let next = index + 1 < bytes.count ? bytes[index + 1] : 0
        let window = UInt16(bytes[index]) << 8 | UInt16(next)
        return UInt8(truncatingIfNeeded: window >> (11 - offset)) & 31
    }

    /// What the 65 characters mean.
    private static func values(of text: Span<UInt8>) throws(KeyError) -> SecretBytes {
        guard text.count <= textLimit else { throw .recoveryCodeIncomplete(characters: text.count) }
        var count = 0
        let values = try SecretBytes(capacity: characterCount) { (output: inout OutputSpan<UInt8>) throws(KeyError) in
            for index in text.indices where !isSeparator(text[index]) {
                if count < characterCount {
                    guard let value = CrockfordBase32.value(of: text[index]) else {
                        throw .recoveryCodeNotAlphabet(group: count / groupLength + 1)
                    }
                    output.append(value)
                }
                count += 1
            }
        }
        guard count == characterCount else { throw .recoveryCodeIncomplete(characters: count) }
        return values
    }

    /// Hyphen, space, tab and line ends.
    private static func isSeparator(_ byte: UInt8) -> Bool { byte == hyphen || byte == 0x20 || 0x09...0x0D ~= byte }

    private static func damagedGroups(_ values: Span<UInt8>) -> [Int] {
        var damaged = (1...groupCount).filter { group in
            var check = GroupCheck(group: group)
            for place in (group - 1) * groupLength..<group * groupLength { check.append(values[place]) }
            return !check.isClosed
        }
        // Of the last one that carries bits only the highest is one of the 256.
        let isLonger = values[characterCount - 2] & 0x0F != 0
        if isLonger, damaged.last != groupCount { damaged.append(groupCount) }
        return damaged
    }

    /// The 32 bytes of values that check.
    private static func packed(_ values: Span<UInt8>) -> SecretBytes {
        SecretBytes(capacity: byteCount) { (output: inout OutputSpan<UInt8>) in
            var (window, filled) = (UInt32(0), 0)
            for place in values.indices where place % groupLength != dataLength {
                window = window << 5 | UInt32(values[place])
                filled += 5
                guard filled >= 8 else { continue }
                filled -= 8
                output.append(UInt8(truncatingIfNeeded: window >> UInt32(filled)))
            }
        }
    }
}

/// The sum over a group, place by place (Horner's rule), the group's number first.
private struct GroupCheck {
    private var sum: UInt8

    init(group: Int) { sum = UInt8(group) }

    mutating func append(_ value: UInt8) { sum = closing ^ value }

    /// What makes the sum zero when it comes next: the sum times α, modulo x⁵ + x² + 1, without looking at a bit.
    var closing: UInt8 { (sum << 1 ^ (0b100101 & (0 &- sum >> 4))) & 31 }

    var isClosed: Bool { sum == 0 }
}

/// Crockford's base 32: digits and letters but I, L, O and U.
///
/// As with the other encodings of secrets, no table is indexed by them and no branch taken on them.
enum CrockfordBase32 {
    /// The character, upper case, of a value below 32.
    static func character(of value: UInt8) -> UInt8 {
        // Behind 9 come seven signs in ASCII, and I, L, O and U are left out: 9, H, K, N and T are the last before a
        // gap.
        value &+ UInt8(ascii: "0") &+ (exceeds(value, 9) & 7) &+ (exceeds(value, 17) & 1) &+ (exceeds(value, 19) & 1)
            &+ (exceeds(value, 21) & 1) &+ (exceeds(value, 26) & 1)
    }

    /// What a character means, in either case; nil for one that isn't in the alphabet.
    static func value(of character: UInt8) -> UInt8? {
        var folded = character & ~((character & 0x40) >> 1)
        folded ^= equals(folded, UInt8(ascii: "O")) & (UInt8(ascii: "O") ^ UInt8(ascii: "0"))
        folded ^= equals(folded, UInt8(ascii: "I")) & (UInt8(ascii: "I") ^ UInt8(ascii: "1"))
        folded ^= equals(folded, UInt8(ascii: "L")) & (UInt8(ascii: "L") ^ UInt8(ascii: "1"))
        var (value, found) = (UInt8(0), UInt8(0))
        for candidate in 0..<32 as Range<UInt8> {
            let hit = equals(folded, Self.character(of: candidate))
            value |= hit & candidate
            found |= hit
        }
        return found == 0 ? nil : value
    }

    /// All bits where the two are equal, else none.
    private static func equals(_ one: UInt8, _ other: UInt8) -> UInt8 {
        UInt8(truncatingIfNeeded: (Int16(one ^ other) &- 1) >> 8)
    }

    /// All bits where the first is greater, else none.
    private static func exceeds(_ one: UInt8, _ other: UInt8) -> UInt8 {
        UInt8(truncatingIfNeeded: (Int16(other) &- Int16(one)) >> 8)
    }
}
