internal import VaultSystem

/// The certificates that an application's endpoint is trusted by, in place of the system's.
///
/// A user who can write that file can read the secret, by a server of their own: it is checked when it is named, and
/// its owner and mode before each request as well, since both may have changed in between.
package enum CAFile {
    /// The most that is looked through for a certificate, in bytes: four times what all public authorities have.
    private static let sizeLimit = 1 << 20

    /// The path without links, of a file that holds a certificate and that only we and root can write.
    ///
    /// The vault is used from anywhere, cron included: a relative path would mean another file there.
    ///
    /// - Throws: `configuration`.
    package static func resolved(_ path: String) throws(OAuthError) -> String {
        let resolved: String
        do throws(SystemError) { resolved = try FilePath.resolve(path) } catch {
            throw .configuration(problem(of: error, path))
        }
        if let content = try content(resolved), !holdsCertificate(content) {
            throw .configuration(.caFileInvalid(path: resolved))
        }
        try check(resolved)
        return resolved
    }

    /// Refuses a file that others could write; libcurl says "bad CA file" of one that is missing and of one that is
    /// empty alike.
    static func check(_ path: String) throws(OAuthError) {
        do throws(SystemError) { _ = try FilePolicy.trusted.open(path) } catch {
            throw .configuration(problem(of: error, path))
        }
    }

    /// Read without a look at its owner: a file without a certificate is refused as that first.
    private static func content(_ path: String) throws(OAuthError) -> [UInt8]? {
        do throws(Errno) {
            let file = try FileDescriptor.open(path, .probing)
            return try file.status().kind == .regular ? try file.readAll(limit: sizeLimit) : nil
        } catch {
            throw .configuration(.caFileUnreadable(path: path, errno: error))
        }
    }

    // Bundles have words between the certificates: the mark may stand anywhere.
    private static func holdsCertificate(_ text: [UInt8]) -> Bool {
        ["-----BEGIN CERTIFICATE-----", "-----BEGIN TRUSTED CERTIFICATE-----"].contains { mark in
            text.firstRange(of: Array(mark.utf8)) != nil
        }
    }

    private static func problem(of error: SystemError, _ path: String) -> ConfigurationProblem {
        switch error {
        case .unsafePath(let unsafe): .unsafeCAFile(unsafe)
        case .unexpectedSize: .caFileInvalid(path: path)
        case .failed(_, _, .noEntry): .caFileMissing(path: path)
        case .failed(_, _, let errno): .caFileUnreadable(path: path, errno: errno)
        }
    }
}
