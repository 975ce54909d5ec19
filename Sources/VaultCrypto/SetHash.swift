/// A digest of a set: the sum modulo 2^256 of its members' digests, so that one member is added or taken away without
/// reading the others (Bellare and Micciancio, "A new paradigm for collision-free hashing", AdHASH; keyed here).
package struct SetHash: Equatable, Sendable {
    private var limbs: [UInt64]

    /// The empty set.
    package init() { limbs = [0, 0, 0, 0] }

    /// The sum as `bytes` wrote it.
    package init(bytes: [UInt8]) throws(CryptoError) {
        guard bytes.count == 32 else { throw .wrongLength(expected: 32, found: bytes.count) }
        limbs = Self.limbs(of: bytes)
    }

    /// The sum as 32 bytes, little-endian.
    package var bytes: [UInt8] {
        limbs.flatMap(\.littleEndianBytes)
    }

    package mutating func add(_ digest: [UInt8]) {
        var carry: UInt64 = 0
        for (index, limb) in Self.limbs(of: digest).enumerated() {
            let (partial, first) = limbs[index].addingReportingOverflow(limb)
            let (sum, second) = partial.addingReportingOverflow(carry)
            limbs[index] = sum
            carry = first || second ? 1 : 0
        }
    }

    package mutating func subtract(_ digest: [UInt8]) {
        var borrow: UInt64 = 0
        for (index, limb) in Self.limbs(of: digest).enumerated() {
            let (partial, first) = limbs[index].subtractingReportingOverflow(limb)
            let (difference, second) = partial.subtractingReportingOverflow(borrow)
            limbs[index] = difference
            borrow = first || second ? 1 : 0
        }
    }

    private static func limbs(of bytes: [UInt8]) -> [UInt64] {
        precondition(bytes.count == 32, "a member's digest has 32 bytes")
        return (0..<4).map { limb in (0..<8).reduce(0) { $0 | UInt64(bytes[8 * limb + $1]) << (8 * UInt64($1)) } }
    }
}
