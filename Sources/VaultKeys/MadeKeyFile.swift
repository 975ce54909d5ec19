package import VaultCrypto
internal import VaultSystem

/// A key file that was made for a slot which no vault has yet.
///
/// The lock is held until then. Another process that finds the file makes no slot with it, because it is removed if
/// this one's vault can't be written.
package final class MadeKeyFile: Sendable {
    package let key: SecretBytes
    private let path: String
    private let file: FileDescriptor

    init(path: String, key: consuming SecretBytes, _ file: consuming FileDescriptor) {
        self.path = path
        self.key = key
        self.file = file
    }

    /// Takes the file away, unless it is another one by now.
    package func remove() {
        guard let made = try? file.status(), let found = try? FileStatus(of: path, followsLink: false),
            made.identity == found.identity
        else { return }
        try? FilePath.remove(path)
    }

    /// Waits while another process may still take away the key file that it made.
    ///
    /// - Throws: `cannotWrite` with `wouldBlock` if that lasts.
    package static func waitForMaker(of path: String, until deadline: ContinuousClock.Instant) throws(KeyError) {
        while DraftFile.hasMaker(path) {
            guard ContinuousClock.now < deadline else { throw .cannotWrite(path: path, errno: .wouldBlock) }
            SystemClock.sleep(.milliseconds(5))
        }
    }
}
