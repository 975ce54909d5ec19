internal import Synchronization
internal import VaultSystem

/// Copies of a cache's tokens, one for each processor, so that threads that only read share no memory.
///
/// To read is to write: each reader takes a lock, and counts its reference to the token's text. If all processors do
/// that to the same cache lines, eight threads get hardly more tokens than one, or fewer.
///
/// The cache calls `add` and `removeAll` under its own lock alone, and each change of the cache empties all stripes
/// before it releases that lock. Stripes are filled later, with what the cache then holds. So a call finds nothing
/// older than what was held when it began.
struct TokenStripes: ~Copyable, Sendable {
    private struct Stripe: ~Copyable, Sendable {
        let entries = Mutex<[TokenKey: CacheEntry]>([:])
        /// Up to 128 bytes: processors fetch lines of 64 bytes in pairs.
        private let padding = InlineArray<14, UInt64>(repeating: 0)
    }

    /// So many tokens are copied, since each takes memory for each processor; the cache itself gives the others.
    static let roomCount = 16

    /// Processors beyond this number share stripes.
    private let stripes = InlineArray<32, Stripe> { _ in Stripe() }

    /// The token that the cache would give, if it is copied, and neither ended nor due for renewal.
    ///
    /// - Parameters:
    ///   - key: the token's.
    ///   - minimum: seconds that the token must still live.
    ///   - moment: now.
    ///   - processor: this thread's. If the thread moves to another meanwhile, the lock makes that slow and not wrong.
    /// - Returns: nil if the cache itself has to look.
    func token(for key: TokenKey, minimum: Int64, at moment: Moment, on processor: Int = Processor.current)
        -> AccessToken?
    {
        stripes[processor % stripes.count].entries.withLock { entries in
            guard let held = entries[key], held.isUsable(at: moment, minimum: minimum), !held.isDue(at: moment) else {
                return nil
            }
            return held.accessToken(at: moment)
        }
    }

    /// Copies a token for all processors at once, so that no later call allocates memory.
    func add(_ held: CacheEntry, for key: TokenKey) {
        for index in 0..<min(stripes.count, Processor.count) {
            let (key, held) = (key.copy, held.copy)
            stripes[index].entries.withLock { $0[key] = held }
        }
    }

    /// Removes all copies.
    func removeAll() {
        for index in stripes.indices { stripes[index].entries.withLock { $0 = [:] } }
    }
}
