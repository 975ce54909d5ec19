internal import CVaultLinux
internal import Glibc
package import VaultCrypto

/// A file with a vault's key: 32 bytes, or 64 hexadecimal digits with or without a line end.
package enum KeyFile {
    /// The length of a key, in bytes.
    package static let count = 32

    /// Reads the key.
    ///
    /// - Throws: `unreadable`, `unsafeFile`, `notAKeyFile`.
    package static func read(_ path: String, trust: SecretFile.Trust) throws(KeyError) -> SecretBytes {
        var content = try SecretFile.read(path, limit: 128, trust: trust)
        if content.count == count { return content }
        content.removeLineEnd()
        if content.count == 2 * count, let key = content.withBytes({ Hexadecimal.decode($0) }) { return key }
        throw .notAKeyFile(path: path)
    }

    /// Makes a key file, mode 0600, with hexadecimal digits that survive being copied, and reads it back.
    ///
    /// It gets its name once it is written and synced: whoever is killed on the way leaves no key file, and the next try
    /// doesn't find half of one.
    ///
    /// - Returns: the key.
    /// - Throws: `cannotWrite` (also when something stands there already), `notReadBack`.
    package static func make(_ path: String) throws(KeyError) -> SecretBytes {
        let key = SecretBytes.random(count: count)
        let draft = "\(path).\(String(UInt64.random(in: .min ... .max), radix: 36)).new"
        defer { unsafe unlink(draft) }
        try write(key.withBytes { Hexadecimal.encode($0) }, to: draft, naming: path)
        let failure = unsafe cvault_rename_to_new(draft, path)
        guard failure == 0 else { throw .cannotWrite(path: path, errno: failure) }
        syncFolder(of: path)
        guard let again = try? read(path, trust: .own), again.matches(key) else { throw .notReadBack(path: path) }
        return key
    }

    private static func write(_ digits: borrowing SecretBytes, to draft: String, naming path: String) throws(KeyError) {
        let descriptor = unsafe open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .cannotWrite(path: path, errno: errno) }
        defer { close(descriptor) }
        let written = digits.withBytes { bytes in
            unsafe bytes.withUnsafeBufferPointer { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
        }
        guard written >= 0 else { throw .cannotWrite(path: path, errno: errno) }
        guard written == digits.count else { throw .cannotWrite(path: path, errno: ENOSPC) }
        guard fchmod(descriptor, 0o600) == 0, fsync(descriptor) == 0 else {
            throw .cannotWrite(path: path, errno: errno)
        }
    }

    // The file's name lives in its folder: without this a power cut could take back the key of a vault that stays.
    private static func syncFolder(of path: String) {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
