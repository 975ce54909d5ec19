import Foundation
import Testing
import VaultTestSupport

/// Certificates that a vault keeps: what is trusted, and how that changes.
@Suite(.serialized, .needsBinary)
struct KeptCertificatesTests {
    @Test func `the vault keeps certificates, and a renewed authority's are given to it by trust`() async throws {
        var options = TokenServer.Options()
        let (old, new) = (try await ThrowawayCA(), try await ThrowawayCA())
        options.authority = new
        let server = try await TokenServer(options)
        var home = try await Home.withVault(askingAt: server.url)
        let path = home.folder("ca.pem")
        func write(_ authority: ThrowawayCA) throws {
            try home.folder.write(try Data(contentsOf: URL(filePath: authority.certificate)), to: "ca.pem", mode: 0o644)
        }
        try write(old)
        let imported = try await home.run(
            "import",
            home.writeFile(tokenURI: server.url),
            "--replace",
            "-q",
            "--ca-file",
            "ca.pem"
        )
        #expect(imported.exitCode == 0, "\(imported)")
        #expect(try await home.run("show").outputText.contains("certificates    kept from \(path)\n"))
        // The file says nothing any more, be it renewed or gone.
        try write(new)
        let refused = try await home.run("token")
        #expect(
            refused.exitCode == 76 && refused.errorText.contains("isogeo-vault trust NAME --ca-file FILE"),
            "\(refused)"
        )
        try await home.run("trust", "atlas", "--ca-file", path).expectSuccess(
            "",
            errors:
                "isogeo-vault: The servers of atlas are trusted by the certificates in \(path), which the vault keeps "
                + "now.\n"
        )
        try FileManager.default.removeItem(atPath: path)
        try await home.run("token").expectSuccess()
        #expect(try await home.run("show", "--json").json["ca_file"] as? String == path)
        // What replaces the credential leaves them.
        let again = try home.writeFile(tokenURI: server.url, secret: Canary())
        try await home.run("import", again, "--replace", "--check", "-q").expectSuccess()
        try await home.run("rename", "atlas", "globe", "-q").expectSuccess()
        try await home.run("rekey", "-q").expectSuccess()
        try await home.run("token", "--refresh").expectSuccess()
        try await home.expectWhole()

        home.environment["ISOGEO_VAULT_APP"] = nil
        try await home.run("trust", "globe", "--system").expectSuccess(
            "",
            errors: "isogeo-vault: The servers of globe are trusted by the system's certificates now.\n"
        )
        #expect(try await home.run("token", "--refresh").exitCode == 76)
        #expect(try await home.run("show", "--json").json["ca_file"] == nil)
        #expect(try await home.events().suffix(3).contains("certificates"))
    }

    @Test func `what trust can't mean is refused`() async throws {
        let home = try await Home.withVault()
        for (arguments, code, sentence) in [
            (["atlas"], 64, "Give --ca-file or --system."),
            (["atlas", "--system", "--ca-file", "x"], 64, "--ca-file and --system contradict each other."),
            (["--system"], 64, "Missing expected argument '<name>'"),
            (["atlas", "--ca-file", ""], 64, "--ca-file has no path."),
            (["rivers", "--system"], 66, "There is no application rivers"),
            (
                ["atlas", "--ca-file", home.key], 78,
                "The CA file \(home.key) holds no certificate in PEM, or a broken one."
            ),
        ] as [([String], Int, String)] {
            let report = try await home.command(["trust"] + arguments).run()
            #expect(report.exitCode == code && report.output.isEmpty, "\(report)")
            #expect(report.errorText.hasPrefix("isogeo-vault: \(sentence)"), "\(report)")
        }
    }

    /// libcurl reads none of these itself; OpenSSL and the program curl do.
    @Test func `the environment doesn't say whom to trust`() async throws {
        var options = TokenServer.Options()
        let authority = try await ThrowawayCA()
        options.authority = authority
        let server = try await TokenServer(options)
        let home = try await Home.withVault(askingAt: server.url)
        for name in ["SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR"] {
            let value = name == "SSL_CERT_DIR" ? authority.path : authority.certificate
            let report = try await home.run("token", with: [name: value])
            #expect(report.exitCode == 76 && report.output.isEmpty, "\(name): \(report)")
        }
        #expect(try server.requests.isEmpty)
        try await home.run("token", "--ca-file", authority.certificate).expectSuccess()
    }
}
