internal import Synchronization
internal import VaultSystem

/// The permanent file whose bytes are leases; it stays empty, and is never deleted.
///
/// A lease is a lock of the *open file description* (`F_OFD_SETLK`, fcntl(2)): it excludes other processes and other
/// `LockFile`s of this one, and the kernel frees it when its holder dies, however that happens. Such a lock has no
/// process, so that a POSIX lock 2^62 bytes further on names its holder. Closing any descriptor of the file drops all
/// POSIX locks that the process has on it: then a name is lost, never a lease.
final class LockFile: Sendable {
    let path: String
    private let file: FileDescriptor
    /// The bytes that this descriptor holds: its own locks don't exclude each other.
    private let held = Mutex<Set<UInt64>>([])

    /// A byte that no lease has.
    private static let trial: UInt64 = 1
    private static let nameDistance: UInt64 = 1 << 62

    private init(path: String, _ file: consuming FileDescriptor) {
        self.path = path
        self.file = file
    }

    /// The lock file of a vault that can be written, next to it, made where it is missing.
    ///
    /// - Throws: `leasesUnavailable` where nothing can be written, `unsafePath`, `io`.
    static func open(nextTo vault: VaultFile) throws(StoreError) -> LockFile {
        try open(vault.lockName, in: vault.openDirectory())
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
    static func open(for vault: VaultFile, runtimeFolder: String) throws(StoreError) -> LockFile {
        guard let identity = try vault.currentIdentity() else { throw .noVault(path: vault.path) }
        let name = "isogeo-vault-\(identity.device)-\(identity.inode)"
        let place = try VaultFile.unchecked(at: runtimeFolder + "/" + name)
        return try open(place.lockName, in: place.openDirectory())
    }

    /// Whether the file system has no locks, as NFS without its lock service.
    ///
    /// Tried on the lock file, or where there is none, as for a backup, on one that is taken away again. Not on the
    /// database itself: closing it would drop SQLite's locks.
    static func lacksLocks(nextTo vault: VaultFile) -> Bool {
        guard let directory = try? vault.openDirectory() else { return false }
        if let file = try? directory.open(vault.lockName, [.readWrite, .nonBlocking]) { return lacksLocks(file) }
        let name = vault.lockName + "-trial"
        // Of a process that died in between.
        try? directory.remove(name)
        guard let file = try? directory.open(name, .newFile) else { return false }
        defer { try? directory.remove(name) }
        return lacksLocks(file)
    }

    private static func lacksLocks(_ file: borrowing FileDescriptor) -> Bool {
        do throws(Errno) { _ = try file.tryLock(byte: trial) } catch { return error == .noLocks }
        return false
    }

    private static func open(_ name: String, in directory: consuming Directory) throws(StoreError) -> LockFile {
        let path = directory.path(of: name)
        let file: FileDescriptor
        do throws(Errno) {
            // Non-blocking: a FIFO in its place must not stop us before it is seen.
            file = try directory.open(name, [.readWrite, .create, .nonBlocking])
        } catch {
            switch error {
            case .tooManyLinks: throw .unsafePath(UnsafePath(path: path, .symbolicLink))
            case .isDirectory, .noDevice: throw .unsafePath(UnsafePath(path: path, .notARegularFile))
            case .accessDenied, .notPermitted, .readOnlyFileSystem: throw .leasesUnavailable(path: path, error)
            default: throw .io(path: path, .openingLockFile, error)
            }
        }
        do throws(SystemError) { try FilePolicy.own.check(file, path) } catch { throw StoreError(error) }
        return LockFile(path: path, file)
    }

    /// The process that holds a lease; nil where none does, where it lives in another process namespace, or where it
    /// lost its name.
    func holder(of name: LeaseName) -> Int32? {
        if held.withLock({ $0.contains(name.byte) }) { return ProcessIdentity.number }
        return file.claimant(of: name.byte + Self.nameDistance)
    }

    /// Takes the byte unless it is held, in this process or another.
    ///
    /// - Throws: `noLocks`; `leasesUnavailable` where locks of this kind are missing alone.
    func take(_ byte: UInt64) throws(StoreError) -> Bool {
        // The table is locked while the kernel is asked: releasing and taking by two threads mustn't cross.
        try held.withLock { held throws(StoreError) in
            guard !held.contains(byte) else { return false }
            do throws(Errno) {
                guard try file.tryLock(byte: byte) else { return false }
            } catch {
                throw error == .noLocks ? .noLocks(path: path) : .leasesUnavailable(path: path, error)
            }
            held.insert(byte)
            // Naming is a courtesy: the lease holds without.
            file.claim(byte: byte + Self.nameDistance)
            return true
        }
    }

    func release(_ byte: UInt64) {
        held.withLock { held in
            file.disclaim(byte: byte + Self.nameDistance)
            file.unlock(byte: byte)
            held.remove(byte)
        }
    }
}
