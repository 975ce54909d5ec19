internal import IsogeoVault
internal import VaultCrypto
internal import VaultSystem

/// A directory for one program that `exec` starts, with one file in it: `client_secrets.json`.
///
/// It is in `$XDG_RUNTIME_DIR`, which ends with the session, and its name has its owner's process in it. A file in it
/// that holds the secret itself must be in memory, since a disk keeps what was deleted. A program that replaces us
/// leaves it behind, and so do we when we are killed: the next `exec` removes it. As long as we live, we hold a lock on
/// a directory with a secret in it, because other containers can't see our process.
final class SharedSecretDirectory {
    private static let fileName = "client_secrets.json"
    private static let baseName = "isogeo-vault-exec"

    private let base: Directory
    private let name: String
    /// Holds the lock until this process ends; nil where there is none.
    private let lock: FileDescriptor?
    /// The path that the program gets.
    var file: String { "\(base.path(of: name))/\(Self.fileName)" }

    /// Makes it, empty, and removes those that other processes have left.
    ///
    /// - Parameter isHeld: whether a lock marks it as in use, for a file that must not outlive this process.
    /// - Returns: the directory.
    /// - Throws: `configuration` if `XDG_RUNTIME_DIR` is missing or unsafe; `inputOutput`.
    static func make(isHeld: Bool) throws(VaultError) -> SharedSecretDirectory {
        let runtime = try runtimeDirectory(inMemory: isHeld)
        guard let owner = ProcessIdentity.current else { throw VaultError(.processesUnreadable) }
        do throws(SystemError) {
            let base = try runtime.making(baseName)
            try base.check(.ownPrivate)
            sweep(base)
            guard isHeld else {
                try base.makeDirectory(owner.name)
                return SharedSecretDirectory(base: base, name: owner.name, lock: nil)
            }
            // Another process may remove it before it is locked.
            for _ in 0..<100 {
                let name = "\(owner.name)-\(UInt64.random(in: .min ... .max))"
                try base.makeDirectory(name)
                do throws(Errno) {
                    if let lock = try lock(name, in: base) {
                        return SharedSecretDirectory(base: base, name: name, lock: lock)
                    }
                } catch {
                    base.removeDirectory(name)
                    throw .failed(path: base.path(of: name), .makingDirectory, error)
                }
                base.removeDirectory(name)
            }
            throw .failed(path: base.path, .makingDirectory, .wouldBlock)
        } catch {
            throw VaultError(.runtimeDirectory(error))
        }
    }

    private init(base: consuming Directory, name: String, lock: consuming FileDescriptor?) {
        self.base = base
        self.name = name
        self.lock = lock
    }

    /// Locks it; nil if the name no longer leads to the directory that was locked.
    private static func lock(_ name: String, in base: borrowing Directory) throws(Errno) -> FileDescriptor? {
        let lock: FileDescriptor
        do throws(Errno) { lock = try base.open(name, [.readOnly, .directory]) } catch {
            guard error != .noEntry else { return nil }
            throw error
        }
        guard try lock.tryLock(), let named = try? base.status(of: name), named.identity == (try lock.status()).identity
        else { return nil }
        return lock
    }

    /// Puts a link there to a descriptor of the program that follows it.
    func link(to descriptor: Int32) throws(VaultError) {
        do throws(SystemError) {
            try base.opening(name).makeLink(Self.fileName, to: "/proc/self/fd/\(descriptor)")
        } catch {
            throw VaultError(.runtimeDirectory(error))
        }
    }

    /// Puts a file there, mode 0600.
    func write(_ content: borrowing SecretBytes) throws(VaultError) {
        let path = file
        try content.withBytes { (content) throws(VaultError) in try PlaintextFile.make(path, content) }
    }

    /// Removes it; if that fails, a later `exec` does.
    func remove() { base.removeDirectory(name) }

    private static func sweep(_ base: borrowing Directory) {
        for name in (try? base.names()) ?? [] {
            let parts = name.split(separator: "-", maxSplits: 3, omittingEmptySubsequences: false)
            guard let owner = ProcessIdentity(name: parts.prefix(3).joined(separator: "-")) else { continue }
            // A directory whose lock is free has no owner. We keep the lock until it is removed, so that a process
            // which has just made it sees that, and makes another.
            if owner.isGone {
                base.removeDirectory(name)
            } else if parts.count == 4 {
                guard let lock = (try? lock(name, in: base)) ?? nil else { continue }
                base.removeDirectory(name)
                _ = consume lock
            }
        }
    }

    /// Throws now what `make` would throw because of `XDG_RUNTIME_DIR`.
    static func checkPlace(isHeld: Bool) throws(VaultError) { _ = try runtimeDirectory(inMemory: isHeld) }

    private static func runtimeDirectory(inMemory: Bool) throws(VaultError) -> Directory {
        guard let path = Environment.value(of: "XDG_RUNTIME_DIR"), FilePath.isAbsolute(path) else {
            throw VaultError(.noRuntimeDirectory)
        }
        do throws(SystemError) {
            let directory = try Directory.walk(along: path)
            try directory.check(.own)
            if !inMemory || directory.descriptor.isInMemory() { return directory }
        } catch {
            guard case .unsafePath(let unsafe) = error else { throw VaultError(.runtimeDirectory(error)) }
            throw VaultError(.unusableRuntimeDirectory(unsafe))
        }
        throw VaultError(.runtimeDirectoryOnDisk(path))
    }
}
