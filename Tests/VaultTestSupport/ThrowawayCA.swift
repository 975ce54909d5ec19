/// A certificate authority that nobody trusts, and its certificate for localhost, 127.0.0.1 and ::1.
package struct ThrowawayCA: Sendable {
    private let folder: TemporaryDirectory

    /// Makes it.
    ///
    /// - Parameters:
    ///   - names: for which its certificate is good too.
    ///   - isFaulty: whether it makes certificates too that are no good: `expired.pem`, `other-name.pem`,
    ///     `self-signed.pem`, all with the server's key.
    /// - Throws: `ServerError.notStarted` with what openssl said.
    package init(for names: [String] = [], isFaulty: Bool = false) async throws {
        folder = try TemporaryDirectory()
        let arguments = (isFaulty ? ["--faulty"] : []) + [folder.path] + names
        let made = try await Command(TestPaths.checkout + "/Tests/Servers/throwaway-ca", arguments).run()
        guard made.exitCode == 0 else { throw ServerError.notStarted("throwaway-ca", made) }
    }

    /// Where the files are.
    package var path: String { folder.path }
    /// What a client must trust.
    package var certificate: String { folder("ca.pem") }
    package var serverCertificate: String { folder("server.pem") }
    package var serverKey: String { folder("server.key") }
}

/// Why a test has no server.
package enum ServerError: Error {
    case notStarted(String, ProcessReport)
}
