internal import CVaultLinux
internal import Glibc
internal import Synchronization

/// The permanent file whose bytes are leases; nothing is ever written to it, and nobody deletes it.
///
/// A lease is a lock of the *open file description* (`F_OFD_SETLK`, fcntl(2)): it excludes other processes and other
/// `LockFile`s of this one, and the kernel frees it when its holder dies, however that happens. Such a lock doesn't
/// tell its holder, so that a POSIX lock 2^62 bytes further on names the process. Closing any descriptor of the file
/// drops all POSIX locks that the process has on it: then a name is lost, never a lease.
package final class LockFile: Sendable {
    package let path: String
    private let descriptor: Int32
    /// The bytes that this descriptor holds: its own locks don't exclude each other.
    private let held = Mutex<Set<UInt64>>([])

    private static let nameDistance: UInt64 = 1 << 62

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// The lock file beside a vault, made where it is missing.
    ///
    /// - Throws: `leasesUnavailable` where nothing can be written, `unsafePath`, `io`.
    package static func open(beside vault: VaultFile) throws(StoreError) -> LockFile {
        try open(vault.lockName, in: vault.openFolder())
    }

    /// The lock file of a vault that can only be read, in a folder that lives as long as the user's session.
    ///
    /// It is named after the vault's device and inode, so that every path to it leads to one file.
    ///
    /// - Parameters:
    ///   - vault: the vault, wherever it lies.
    ///   - runtimeFolder: `XDG_RUNTIME_DIR`.
    /// - Returns: the lock file, made where it was missing.
    /// - Throws: `leasesUnavailable` where nothing can be written, `unsafePath`, `io`, `noVault`.
    package static func open(for vault: VaultFile, runtimeFolder: String) throws(StoreError) -> LockFile {
        guard let identity = vault.currentIdentity() else { throw .noVault(path: vault.path) }
        let name = "isogeo-vault-\(identity.device)-\(identity.inode)"
        let stand = try VaultFile.stand(runtimeFolder + "/" + name)
        return try open(stand.lockName, in: stand.openFolder())
    }

    private static func open(_ name: String, in folder: consuming Folder) throws(StoreError) -> LockFile {
        let path = folder.path + "/" + name
        // O_NONBLOCK: a FIFO in its place must not stop us before it is seen.
        let flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK
        let descriptor = unsafe openat(folder.descriptor, name, flags, 0o600)
        guard descriptor >= 0 else {
            switch errno {
            case ELOOP: throw .unsafePath(PathFault(path: path, .symbolicLink))
            case EISDIR, ENXIO: throw .unsafePath(PathFault(path: path, .notARegularFile))
            case EACCES, EPERM, EROFS: throw .leasesUnavailable(path: path, errno: errno)
            default: throw .system(path, "opening the lock file")
            }
        }
        let file = LockFile(path: path, descriptor: descriptor)
        try FileStatus(descriptor: descriptor, path: path).checkPrivate(path: path)
        return file
    }

    /// The process that holds a lease, as far as it can be told: nil where nobody does, where it lives in another
    /// process namespace, or where it lost its name.
    package func holder(of name: LeaseName) -> Int32? {
        if held.withLock({ $0.contains(name.byte) }) { return getpid() }
        var holder: Int32 = 0
        let result = unsafe cvault_posix_lock_holder(descriptor, name.byte + Self.nameDistance, &holder)
        return result == 0 && holder > 0 ? holder : nil
    }

    /// Takes the byte unless somebody has it, in this process or another.
    ///
    /// - Throws: `leasesUnavailable` for a file system without locks.
    func take(_ byte: UInt64) throws(StoreError) -> Bool {
        // The table is locked while the kernel is asked: releasing and taking by two threads mustn't cross.
        try held.withLock { held throws(StoreError) in
            guard !held.contains(byte) else { return false }
            switch cvault_ofd_lock_byte(descriptor, byte) {
            case 0: break
            case EAGAIN: return false
            case let failure: throw .leasesUnavailable(path: path, errno: failure)
            }
            held.insert(byte)
            // Naming is a courtesy: the lease holds without.
            _ = cvault_posix_lock_byte(descriptor, byte + Self.nameDistance)
            return true
        }
    }

    func release(_ byte: UInt64) {
        held.withLock { held in
            _ = cvault_posix_unlock_byte(descriptor, byte + Self.nameDistance)
            _ = cvault_ofd_unlock_byte(descriptor, byte)
            held.remove(byte)
        }
    }
}
