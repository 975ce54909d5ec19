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
        try read(path) { (isExpected) throws(SystemError) in try policy.open(path, ofSize: isExpected) }
    }

    /// Reads the key in a file of ours, in a directory that was walked to.
    static func read(_ name: String, in directory: borrowing Directory) throws(KeyError) -> SecretBytes {
        try read(directory.path(of: name)) { (isExpected) throws(SystemError) in
            try FilePolicy.own.open(name, in: directory, ofSize: isExpected)
        }
    }

    private static func read(
        _ path: String,
        _ open: ((Int64) -> Bool) throws(SystemError) -> FileDescriptor
    ) throws(KeyError) -> SecretBytes {
        var content = try SecretFile.read(path, limit: 128, holding: .key, otherwise: .notAKeyFile(path: path)) {
            () throws(SystemError) in try open { fits(Int($0)) }
        }
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
    /// - Throws: `cannotWrite` (also when something stands there already), `unsafeFile` for a directory in which others
    ///   could exchange it, `notReadBack`; nothing is left then.
    package static func make(_ path: String) throws(KeyError) -> MadeKeyFile {
        let key = SecretBytes.random(count: count)
        let place = try place(of: path)
        let file = try make(key, place.name, in: place.directory, calledPath: path)
        return MadeKeyFile(key: key, file, at: place)
    }

    /// The place of a key file, from which no other user can take it.
    ///
    /// - Throws: `cannotWrite`, `unsafeFile`.
    static func place(of path: String) throws(KeyError) -> FilePlace {
        do throws(SystemError) { return try FilePlace(path) } catch {
            if case .unsafePath(let unsafe) = error { throw .unsafeFile(unsafe) }
            throw .cannotWrite(path: path, errno: error.errno ?? .invalid)
        }
    }

    /// Makes a key file of this key, as above.
    ///
    /// - Returns: the file, locked for as long as it is open.
    @discardableResult
    static func make(
        _ key: borrowing SecretBytes,
        _ name: String,
        in directory: borrowing Directory,
        calledPath path: String? = nil
    ) throws(KeyError) -> FileDescriptor {
        let path = path ?? directory.path(of: name)
        let digits = key.withBytes { Hexadecimal.encode($0) }
        do throws(SystemError) {
            guard try directory.status(of: name) == nil else { throw .failed(path: path, .making, .exists) }
            let draft = try DraftFile.making(name, in: directory.duplicate())
            let file: FileDescriptor
            do throws(Errno) {
                try digits.withBytes { (bytes) throws(Errno) in try draft.file.write(bytes) }
                file = try draft.file.duplicate()
            } catch {
                throw .failed(path: path, .writing, error)
            }
            if let again = try? read(draft.draft, in: directory), again.matches(key) {
                try draft.publishAsNew()
                return file
            }
        } catch {
            throw .cannotWrite(path: path, errno: error.errno ?? .invalid)
        }
        throw .notReadBack(path: path)
    }
}
