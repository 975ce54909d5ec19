internal import CVaultLinux

/// Memory that can't be swapped: mlock(2).
package enum MemoryLocking {
    /// How many bytes this process may lock (RLIMIT_MEMLOCK); nil for any number, or where it can't be told.
    package static var limit: UInt64? {
        var limit: UInt64 = 0
        return unsafe cvault_lock_limit(&limit) == 0 && limit != .max ? limit : nil
    }
}
