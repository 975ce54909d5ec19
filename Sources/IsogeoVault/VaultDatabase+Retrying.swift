internal import VaultStore
internal import VaultSystem

/// Rows to write, and the header that they are based on.
struct PreparedCommit<Result> {
    /// Nil writes nothing.
    let changes: [Mutation]?
    /// The tag of the header that was read.
    let tag: [UInt8]
    let result: Result
}

extension VaultDatabase {
    /// Writes what `prepare` makes of the present vault; it is called again when another process committed in between.
    ///
    /// - Returns: the result of the last `prepare`.
    /// - Throws: what `prepare` throws; `tryAgain` where other processes commit all the time; what the store throws.
    func commit<Result>(
        retrying prepare: () throws(VaultError) -> PreparedCommit<Result>
    ) throws(VaultError) -> Result {
        let deadline = ContinuousClock.now + VaultDatabase.patience
        while true {
            let prepared = try prepare()
            guard let changes = prepared.changes else { return prepared.result }
            do {
                try commit(changes, expecting: prepared.tag)
                return prepared.result
            } catch {
                guard error == .changedMeanwhile, ContinuousClock.now < deadline else { throw VaultError(error) }
                // Without a random pause, processes that write at once would collide again and again.
                SystemClock.sleep(.microseconds(.random(in: 500...10_000)))
            }
        }
    }
}
