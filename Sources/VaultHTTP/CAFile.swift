internal import VaultSystem

/// The certificates that an application's endpoint is trusted by, in place of the system's, as they were when their
/// file was opened.
///
/// A user who chooses them can read the secret, by a server of their own. So the file is opened once, by a way that no
/// other user can divert; the bytes that were checked are the bytes that libcurl gets, and that a vault keeps.
package struct CAFile: Hashable, Sendable {
    /// How many bytes of certificates there may be: all public authorities have 220 KiB.
    package static let limit = 256 * 1024
    /// How long the file may be, in bytes: bundles have words between the certificates.
    private static let fileLimit = 1 << 20

    /// The file that they come from, for people.
    package let path: String
    /// PEM, without what stood around the certificates, such as a private key.
    package let certificates: [UInt8]

    /// Certificates that were read before.
    package init(path: String, certificates: [UInt8]) {
        self.path = path
        self.certificates = certificates
    }

    /// Reads a file of certificates that only we and root can write or exchange.
    ///
    /// - Parameter path: absolute, or from the working directory; links may lead to the file.
    /// - Returns: its certificates, and the absolute path.
    /// - Throws: `configuration`.
    package static func read(_ path: String) throws(HTTPError) -> CAFile {
        let file = CAFile(path: try absolute(path), certificates: try certificates(in: path))
        guard file.certificates.count <= limit else { throw .configuration(.caFileTooLarge(path: path)) }
        return file
    }

    /// Refuses a file that `read` would refuse, but for its size: the system's own may have any.
    package static func check(_ path: String) throws(HTTPError) { _ = try certificates(in: path) }

    /// The vault is used from anywhere, cron included: a relative path would name another file there.
    private static func absolute(_ path: String) throws(HTTPError) -> String {
        guard !FilePath.isAbsolute(path) else { return path }
        do throws(SystemError) { return try FilePath.resolve(".") + "/" + path } catch {
            throw .configuration(problem(of: error, path))
        }
    }

    private static func certificates(in path: String) throws(HTTPError) -> [UInt8] {
        let text: [UInt8]
        do throws(SystemError) {
            let file = try FilePolicy.trusted.open(path) { $0 <= fileLimit }
            do throws(Errno) { text = try file.readAll(limit: fileLimit) } catch {
                throw .failed(path: path, .reading, error)
            }
        } catch {
            throw .configuration(problem(of: error, path))
        }
        guard let certificates = PEM.certificates(in: text) else { throw .configuration(.caFileInvalid(path: path)) }
        return certificates
    }

    private static func problem(of error: SystemError, _ path: String) -> ConfigurationProblem {
        switch error {
        case .unsafePath(let unsafe): .unsafeCAFile(unsafe)
        case .unexpectedSize: .caFileTooLarge(path: path)
        case .failed(_, _, .noEntry): .caFileMissing(path: path)
        case .failed(_, _, let errno): .caFileUnreadable(path: path, errno: errno)
        }
    }
}
