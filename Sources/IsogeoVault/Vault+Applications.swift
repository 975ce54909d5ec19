extension Vault {
    /// Adds an application.
    ///
    /// - Parameters:
    ///   - application: what is added.
    ///   - replacing: whether one of the same name is replaced; its cached tokens go then.
    /// - Returns: whether one was replaced.
    /// - Throws: `exists`; `damaged`; `inputOutput`; `tryAgain` when others kept the vault busy.
    @discardableResult
    public func add(_ application: borrowing NewApplication, replacing: Bool = false) async throws(VaultError) -> Bool {
        try await BlockingExecutor.run { () throws(VaultError) in
            try contents.add(application, replacing: replacing, now: doors.now())
        }
    }

    /// The applications, by name.
    ///
    /// - Throws: `damaged` when they are not those that were written.
    public func applications() async throws(VaultError) -> [Application] {
        try await BlockingExecutor.run { () throws(VaultError) in
            try contents.applications().map { Application($0.metadata) }
        }
    }
}
