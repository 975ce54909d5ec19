/// What Argon2id costs: the defence of a passphrase that can be guessed.
package struct KeyDerivationCost: Equatable, Sendable {
    /// How often the memory is passed over (`opslimit`).
    package let passes: UInt64
    /// How much memory, in bytes (`memlimit`).
    package let memory: UInt64

    package init(passes: UInt64, memory: UInt64) {
        self.passes = passes
        self.memory = memory
    }

    private static let mebibyte: UInt64 = 1 << 20

    /// libsodium's MODERATE: 3 passes over 256 MiB, half a second on two cores of 2026.
    package static let moderate = KeyDerivationCost(passes: 3, memory: 256 * mebibyte)
    /// Anything less is refused, even where our own caller asks for it.
    package static let floor = KeyDerivationCost(passes: 2, memory: 64 * mebibyte)
    /// Anything more is refused before memory is taken: a vault file may not demand what it likes.
    package static let ceiling = KeyDerivationCost(passes: 10, memory: 2048 * mebibyte)

    /// Refuses what lies outside floor and ceiling.
    package func check() throws(CryptoError) {
        guard passes >= Self.floor.passes, memory >= Self.floor.memory else { throw .costBelowFloor(self) }
        guard passes <= Self.ceiling.passes, memory <= Self.ceiling.memory else { throw .costAboveCeiling(self) }
    }
}
