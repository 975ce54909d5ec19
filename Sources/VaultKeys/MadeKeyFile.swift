package import VaultCrypto
internal import VaultSystem

/// A key file that was made for a slot which no vault has yet.
///
/// The lock is held until then. Another process that finds the file makes no slot with it, because it is removed if
/// this one's vault can't be written.
package final class MadeKeyFile: Sendable {
    package let key: SecretBytes
    private let place: FilePlace
    private let file: FileDescriptor

    init(key: consuming SecretBytes, _ file: consuming FileDescriptor, at place: consuming FilePlace) {
        self.key = key
        self.file = file
        self.place = place
    }

    /// Takes the file away, unless it is another one by now.
    package func remove() {
        guard let made = try? file.status(), let found = try? place.directory.status(of: place.name),
            made.identity == found.identity
        else { return }
        try? place.directory.remove(place.name)
    }

    /// Waits while another process may still take away the key file that it made.
    ///
    /// - Throws: `cannotWrite` with `wouldBlock` if that lasts; `unsafeFile`.
    package static func waitForMaker(of path: String, until deadline: ContinuousClock.Instant) throws(KeyError) {
        let place = try KeyFile.place(of: path)
        while DraftFile.hasMaker(place.name, in: place.directory) {
            guard ContinuousClock.now < deadline else { throw .cannotWrite(path: path, errno: .wouldBlock) }
            SystemClock.sleep(.milliseconds(5))
        }
    }
}
