internal import CVaultLinux
internal import Glibc

/// Locks on bytes of a file: fcntl(2).
extension FileDescriptor {
    /// Tries a lock that belongs to the open file description (`F_OFD_SETLK`): it excludes every other one, and the
    /// kernel frees it when its holder dies.
    ///
    /// - Returns: false where another one holds it.
    package borrowing func tryLock(byte: UInt64) throws(Errno) -> Bool {
        switch cvault_ofd_lock_byte(number, byte) {
        case 0: return true
        case EAGAIN: return false
        case let failure: throw Errno(failure)
        }
    }

    package borrowing func unlock(byte: UInt64) { _ = cvault_ofd_unlock_byte(number, byte) }

    /// Takes a POSIX lock, which tells others who holds it, and gets lost when any descriptor of the file is closed.
    package borrowing func claim(byte: UInt64) { _ = cvault_posix_lock_byte(number, byte) }

    package borrowing func disclaim(byte: UInt64) { _ = cvault_posix_unlock_byte(number, byte) }

    /// The process that claims a byte; nil where none does, or it lives in another process namespace.
    package borrowing func claimant(of byte: UInt64) -> Int32? {
        var holder: Int32 = 0
        return unsafe cvault_posix_lock_holder(number, byte, &holder) == 0 && holder > 0 ? holder : nil
    }

    /// Tries to lock the whole file for as long as it is open (flock(2)).
    ///
    /// - Returns: false where another one holds it.
    package borrowing func tryLock() throws(Errno) -> Bool {
        if flock(number, LOCK_EX | LOCK_NB) == 0 { return true }
        guard errno == EWOULDBLOCK else { throw .current }
        return false
    }
}
