/// The place of a vault that is being made: as long as this lives, no other process makes one there.
package struct NewVault: ~Copyable {
    private let file: VaultFile
    private let lease: Lease

    /// Makes the folders that are missing, 0700, and waits for another process that makes the vault.
    ///
    /// - Throws: `unsafePath`, `damaged` for a write-ahead log next to it, `io`; `leaseHeld` at the deadline;
    ///   `leasesUnavailable`.
    package init(at path: String, until deadline: ContinuousClock.Instant) throws(StoreError) {
        let place = try VaultFile.prepare(path)
        let right = try Lease.acquire(.making, in: .open(nextTo: place), until: deadline)
        file = place
        lease = right
    }

    /// Where the vault will lie: its path without links.
    package var location: String { file.path }

    /// Makes the vault; a process that dies on the way leaves none.
    ///
    /// - Parameters:
    ///   - contents: a header, one slot at least, and what else belongs to the beginning.
    ///   - announce: called once the vault is written, before it has its name.
    /// - Returns: the open vault.
    /// - Throws: `vaultExists`, and what opening and committing throw.
    package borrowing func create(_ contents: [Mutation], announcing announce: () -> Void = {}) throws(StoreError)
        -> VaultDatabase
    {
        try VaultDatabase.create(file, contents, announcing: announce)
    }
}
