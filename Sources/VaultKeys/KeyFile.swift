package import VaultCrypto
package import VaultSystem

/// A file with a vault's key: 32 bytes, or 64 hexadecimal digits with or without a line end.
package enum KeyFile {
    /// The length of a key, in bytes.
    package static let count = 32

    /// Whether a file of so many bytes can be one: the digits may have a line end, CRLF at most.
    package static func fits(_ size: Int) -> Bool { size == count || (2 * count...2 * count + 2).contains(size) }

    /// Reads the key.
    ///
    /// - Throws: `unreadable`, `unsafeFile`, `notAKeyFile`.
    package static func read(_ path: String, policy: FilePolicy) throws(KeyError) -> SecretBytes {
        var content = try SecretFile.read(
            path,
            limit: 128,
            policy: policy,
            ofSize: { fits(Int($0)) },
            otherwise: .notAKeyFile(path: path)
        )
        if content.count == count { return content }
        content.removeLineEnd()
        if content.count == 2 * count, let key = content.withBytes({ Hexadecimal.decode($0) }) { return key }
        throw .notAKeyFile(path: path)
    }

    /// Makes a key file, mode 0600, with hexadecimal digits that survive being copied.
    ///
    /// It gets its name once it is written, read back and synced: a process that is killed on the way leaves no key
    /// file, and the next try doesn't find half of one.
    ///
    /// - Returns: the key.
    /// - Throws: `cannotWrite` (also when something stands there already), `notReadBack`; nothing is left then.
    package static func make(_ path: String) throws(KeyError) -> MadeKeyFile {
        let key = SecretBytes.random(count: count)
        let file = try make(path, key)
        return MadeKeyFile(path: path, key: key, file)
    }

    /// Makes a key file of this key, as above.
    ///
    /// - Returns: the file, locked for as long as it is open.
    @discardableResult
    static func make(_ path: String, _ key: borrowing SecretBytes) throws(KeyError) -> FileDescriptor {
        let digits = key.withBytes { Hexadecimal.encode($0) }
        do throws(SystemError) {
            let draft = try DraftFile.making(at: path)
            let file: FileDescriptor
            do throws(Errno) {
                try digits.withBytes { (bytes) throws(Errno) in try draft.file.write(bytes) }
                file = try draft.file.duplicate()
            } catch {
                throw .failed(path: path, .writing, error)
            }
            if let again = try? read(draft.draftPath, policy: .own), again.matches(key) {
                try draft.publishAsNew()
                return file
            }
        } catch {
            throw .cannotWrite(path: path, errno: error.errno ?? .invalid)
        }
        throw .notReadBack(path: path)
    }
}
