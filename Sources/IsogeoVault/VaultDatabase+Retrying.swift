internal import VaultStore
internal import VaultSystem

/// What is to be written, and what it is based on.
struct PreparedCommit<Result> {
    /// Nil writes nothing.
    let changes: [Mutation]?
    /// Of the header that was read.
    let tag: [UInt8]
    let result: Result
}

extension VaultDatabase {
    /// Writes what `prepare` makes of the vault as it is; it is asked again where another process was faster.
    ///
    /// - Returns: what the last `prepare` said.
    /// - Throws: what `prepare` throws; `tryAgain` where others are faster all the time; what the store throws.
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
                // Many that change at once would else meet again and again.
                SystemClock.sleep(.microseconds(.random(in: 500...10_000)))
            }
        }
    }
}
