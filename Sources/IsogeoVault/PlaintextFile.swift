internal import VaultStore
internal import VaultSystem

/// A file that holds a secret in clear, on the explicit demand of the user.
package enum PlaintextFile {
    /// Makes a new file, mode 0600: whole, or not at all.
    ///
    /// - Parameters:
    ///   - path: its path.
    ///   - content: its content.
    ///   - announce: called once the file can be made and before anything is written.
    /// - Throws: `exists` when there is anything at the path, even a dangling link; `inputOutput`; what `announce`
    ///   throws.
    package static func make(
        _ path: String,
        _ content: Span<UInt8>,
        announcing announce: () throws(VaultError) -> Void = {}
    ) throws(VaultError) {
        try checkIsNew(path)
        let draft: DraftFile
        do throws(SystemError) { draft = try .making(at: path) } catch {
            throw VaultError(writing: path, error)
        }
        try announce()
        do throws(SystemError) {
            do throws(Errno) { try draft.file.write(content) } catch { throw .failed(path: path, .writing, error) }
            try draft.publishAsNew()
        } catch {
            throw VaultError(writing: path, error)
        }
    }

    /// Refuses a path that no shell has expanded, or at which something lies.
    static func checkIsNew(_ path: String) throws(VaultError) {
        if let unexpanded = UnexpandedPath(path) {
            throw VaultError(StoreError.unsafePath(UnsafePath(path: path, .unexpanded(unexpanded))))
        }
        do throws(SystemError) { try DraftFile.checkIsNew(path) } catch { throw VaultError(writing: path, error) }
    }
}

extension VaultError {
    /// A file that the user named can't be written.
    init(writing path: String, _ error: SystemError) {
        self.init(error.errno == .exists ? .fileExists(path: path) : .cannotWrite(path: path, error.errno))
    }
}
