internal import IsogeoVault
internal import VaultCrypto
internal import VaultSystem

/// A directory of one program that `exec` starts, with one name in it: `client_secrets.json`.
///
/// It lies in `$XDG_RUNTIME_DIR`, which is in memory and goes with the session, and is named after its owner's process.
/// A program that we became leaves it behind, and so do we when we are killed: the next `exec` sweeps. With a secret in
/// it the directory is held by a lock as long as we live, which tells in other containers too.
final class SharedSecretDirectory {
    private static let fileName = "client_secrets.json"
    private static let baseName = "isogeo-vault-exec"

    private let base: Directory
    private let name: String
    /// What holds the lock, until our end closes it; nil where there is none.
    private let lock: FileDescriptor?
    /// What the program is told.
    var file: String { "\(base.path(of: name))/\(Self.fileName)" }

    /// Makes it, empty, and sweeps what is left of others.
    ///
    /// - Parameter isHeld: for a file that is to go when we have ended, however that is.
    /// - Returns: the directory.
    /// - Throws: `configuration` where there is no `XDG_RUNTIME_DIR` that will do; `inputOutput`.
    static func make(isHeld: Bool) throws(VaultError) -> SharedSecretDirectory {
        let runtime = try runtimeDirectory()
        guard let owner = ProcessIdentity.current else { throw VaultError(.processesUnreadable) }
        do throws(SystemError) {
            let base = try runtime.making(baseName)
            try base.check(.ownPrivate)
            sweep(base)
            guard isHeld else {
                try base.makeDirectory(owner.name)
                return SharedSecretDirectory(base: base, name: owner.name, lock: nil)
            }
            // A sweeping process may find it before it is locked.
            for _ in 0..<100 {
                let name = "\(owner.name)-\(UInt64.random(in: .min ... .max))"
                try base.makeDirectory(name)
                if let lock = lock(name, in: base) {
                    return SharedSecretDirectory(base: base, name: name, lock: lock)
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

    /// Locks it, provided that the name still leads to what was locked.
    private static func lock(_ name: String, in base: borrowing Directory) -> FileDescriptor? {
        guard let lock = try? base.open(name, [.readOnly, .directory]), lock.tryLock(),
            let named = try? base.status(of: name), let held = try? lock.status(), named.identity == held.identity
        else { return nil }
        return lock
    }

    /// Puts a name there that leads to a descriptor of whatever program looks.
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

    /// Takes it away; what can't be taken away is swept later.
    func remove() { base.removeDirectory(name) }

    private static func sweep(_ base: borrowing Directory) {
        for name in (try? base.names()) ?? [] {
            let parts = name.split(separator: "-", maxSplits: 3, omittingEmptySubsequences: false)
            guard let owner = ProcessIdentity(name: parts.prefix(3).joined(separator: "-")) else { continue }
            // Of one that is held its lock tells: it is kept until it is gone, so that a process which has just made it
            // sees that, and makes another.
            if owner.isGone {
                base.removeDirectory(name)
            } else if parts.count == 4, let lock = lock(name, in: base) {
                base.removeDirectory(name)
                _ = consume lock
            }
        }
    }

    /// Refuses now what would be refused when a secret is to be put there.
    static func checkPlace() throws(VaultError) { _ = try runtimeDirectory() }

    private static func runtimeDirectory() throws(VaultError) -> Directory {
        guard let path = Environment.value(of: "XDG_RUNTIME_DIR"), FilePath.isAbsolute(path) else {
            throw VaultError(.noRuntimeDirectory)
        }
        do throws(SystemError) {
            return try Directory.walk(to: try FilePath.resolve(path), .own)
        } catch {
            guard case .unsafePath(let unsafe) = error else { throw VaultError(.runtimeDirectory(error)) }
            throw VaultError(.unusableRuntimeDirectory(unsafe))
        }
    }
}
