package import Foundation

/// A folder of one test, mode 0700, without a link in its path, that ends with the value.
package final class TemporaryDirectory: Sendable {
    package let path: String

    /// Makes it in `base`; nil is the folder for temporary files, which may be closed to other users.
    package init(in base: String? = nil) throws {
        let base = try (base ?? FileManager.default.temporaryDirectory.path()).resolvingLinks()
        var template = Array((base + "/isogeo-vault-test.XXXXXX").utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw POSIXError.last }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of something in the folder.
    package func callAsFunction(_ name: String) -> String { path + "/" + name }

    /// Writes a file of mode 0600 and tells its path.
    @discardableResult
    package func write(_ content: some Sequence<UInt8>, to name: String, mode: Int = 0o600) throws -> String {
        try Data(content).write(to: URL(filePath: self(name)))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: self(name))
        return self(name)
    }

    @discardableResult
    package func write(_ content: String, to name: String, mode: Int = 0o600) throws -> String {
        try write(content.utf8, to: name, mode: mode)
    }

    package func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: self(name)))) }
}

extension String {
    /// The path with every link in it followed: realpath(3).
    fileprivate func resolvingLinks() throws -> String {
        guard let resolved = unsafe realpath(self, nil) else { throw POSIXError.last }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }
}

extension POSIXError {
    /// What the last system call of this thread failed with.
    package static var last: POSIXError { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
}
