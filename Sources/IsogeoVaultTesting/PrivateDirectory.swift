// mkdtemp(3) is used here alone.
internal import Glibc
internal import VaultSystem

/// A directory of mode 0700 for files, and no directories, which is removed when the value is deinitialized.
final class PrivateDirectory: Sendable {
    let path: String

    init() throws(TestingError) {
        let parent = Environment.value(of: "TMPDIR") ?? "/tmp"
        var template = Array("\(parent)/isogeo-vault-testing.XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw .last("mkdtemp") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        if let directory = try? Directory.named(path) {
            for name in (try? directory.names()) ?? [] { try? directory.remove(name) }
        }
        unsafe rmdir(path)
    }

    /// The path of a file in it.
    func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a new file of mode 0600.
    func write(_ text: String, to name: String) throws(TestingError) {
        do throws(Errno) {
            try FileDescriptor.open(self(name), .newFile).write(Array(text.utf8).span)
        } catch {
            throw TestingError(description: "\(self(name)): \(error)")
        }
    }

    func remove(_ name: String) { try? FilePath.remove(self(name)) }
}
