internal import Glibc

/// A folder of mode 0700 with files in it, and no folders, that ends with the value.
final class PrivateFolder: Sendable {
    let path: String

    init() throws(TestingError) {
        let parent = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/isogeo-vault-testing.XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw .last("mkdtemp") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for name in names { unsafe unlink(self(name)) }
        unsafe rmdir(path)
    }

    /// The path of a file in it.
    func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a new file of mode 0600.
    func write(_ text: String, to name: String) throws(TestingError) {
        let descriptor = unsafe open(self(name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .last("open") }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        // A regular file takes so little at once, or has no room.
        guard unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count else { throw .last("write") }
    }

    func remove(_ name: String) { unsafe unlink(self(name)) }

    private var names: [String] {
        guard let folder = unsafe opendir(path) else { return [] }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
                unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
