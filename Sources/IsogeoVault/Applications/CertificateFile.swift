internal import Glibc

/// The certificates that an application's endpoint is trusted by, in place of the system's.
///
/// Whoever can write that file can read the secret, by a server of their own: it is looked at when it is named,
/// and its owner and mode before each request as well (`CurlTransport`).
enum CertificateFile {
    /// The most that is looked through for a certificate, in bytes: four times what all public authorities have.
    private static let sizeLimit = 1 << 20

    /// The path without links, of a file that will do.
    ///
    /// The vault is used from anywhere, cron included: a relative path would mean another file there.
    ///
    /// - Throws: `configuration`.
    static func checked(_ path: String) throws(VaultError) -> String {
        guard let resolved = unsafe realpath(path, nil) else { throw unreadable(path, errno) }
        defer { unsafe free(resolved) }
        let file = unsafe String(cString: resolved)
        var status = stat()
        guard unsafe stat(file, &status) == 0 else { throw unreadable(path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw unusable("The CA file \(file) is not a regular file.") }
        guard try holdsCertificate(file) else {
            throw unusable("The CA file \(file) holds no certificate in PEM (-----BEGIN CERTIFICATE-----).")
        }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw VaultError(
                .configuration,
                "The CA file \(file) belongs to somebody else (uid \(status.st_uid)), who could exchange it.",
                remedy: "Copy it to a place of your own and name the copy."
            )
        }
        guard status.st_mode & 0o022 == 0 else {
            throw VaultError(
                .configuration,
                "Others may write the CA file \(file) (mode 0\(String(status.st_mode & 0o7777, radix: 8))).",
                remedy: "Take that from them: chmod go-w, or copy it to a place of your own and name the copy."
            )
        }
        return file
    }

    // Bundles have words between the certificates: the mark may stand anywhere.
    private static func holdsCertificate(_ path: String) throws(VaultError) -> Bool {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw unreadable(path, errno) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: sizeLimit)
        var count = 0
        while count < bytes.count {
            let got = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe read(descriptor, buffer.baseAddress?.advanced(by: count), buffer.count - count)
            }
            guard got >= 0 || errno == EINTR else { throw unreadable(path, errno) }
            if got == 0 { break }
            count += max(got, 0)
        }
        let text = bytes[..<count]
        return ["-----BEGIN CERTIFICATE-----", "-----BEGIN TRUSTED CERTIFICATE-----"].contains { mark in
            text.firstRange(of: Array(mark.utf8)) != nil
        }
    }

    private static let remedy = "Give the path of a PEM file with the certificates to trust."

    private static func unusable(_ sentence: String) -> VaultError {
        VaultError(.configuration, sentence, remedy: remedy)
    }

    private static func unreadable(_ path: String, _ code: Int32) -> VaultError {
        unusable("The CA file \(path) can't be read: \(unsafe String(cString: strerror(code))).")
    }
}
