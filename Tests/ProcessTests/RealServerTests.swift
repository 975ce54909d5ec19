import Foundation
import Testing
import VaultTestSupport

/// Three OAuth servers of other projects: each reads the Basic header in a way of its own.
@Suite(.serialized, .needsBinary)
struct RealServerTests {
    private typealias Encodings = Set<String>

    /// Secrets that servers read differently, by the client that has each.
    private static let secrets = ["plus": "ab+cd", "percent": "ab%41cd", "space": "ab cd", "accent": "abcdé"]
    private static let raw: Encodings = ["raw"]
    private static let form: Encodings = ["form"]

    /// Short enough to see it end, long enough for a slow computer.
    private static let lifetime = 4

    @Test(.needsGlewlwyd) func `Glewlwyd takes every secret raw`() async throws {
        let server = try await Glewlwyd(lifetime: Self.lifetime, clients: Self.secrets.merging(["gis": "abcd"]) { $1 })
        var options = ["--ca-file", server.authority.certificate]
        options += ["--scope", server.scope]
        try await expect(
            server.tokenURI,
            options,
            ["plus": Self.raw, "percent": Self.raw, "space": Self.raw, "accent": Self.raw]
        )
        try await server.stop()
    }

    @Test(.needsOAuthPython) func `django-oauth-toolkit decodes what it gets`() async throws {
        let clients = Self.secrets.merging(["gis": "abcd"]) { $1 }
        let server = try await PythonServer(.djangoOAuthToolkit, clients: clients, lifetime: Self.lifetime)
        // A space and an accent read the same, decoded or not.
        try await expect(
            server.tokenURI,
            [],
            ["plus": Self.form, "percent": Self.form, "space": ["raw", "form"], "accent": ["raw", "form"]]
        )
        try await server.stop()
    }

    @Test(.needsOAuthPython) func `Authlib decodes all but the plus`() async throws {
        let clients = Self.secrets.merging(["gis": "abcd"]) { $1 }
        let server = try await PythonServer(.authlib, clients: clients, lifetime: Self.lifetime)
        try await expect(
            server.tokenURI,
            [],
            ["plus": ["raw", "form"], "percent": Self.form, "space": Self.raw, "accent": ["raw", "form"]]
        )
        try await server.stop()
    }

    /// Token, wrong secret, unknown client, expiry and renewal, and the encodings in which each odd secret is taken.
    private func expect(_ tokenURI: String, _ options: [String], _ encodings: [String: Encodings]) async throws {
        var home = try Home()
        home.environment["ISOGEO_VAULT_KEY_FILE"] = home.key
        func ask(_ client: String, _ secret: String, _ more: String...) async throws -> ProcessReport {
            let file = try home.writeFile(of: client, secret, tokenURI)
            let command = try home.command(["token", "--from", file, "-q"] + options + more)
            return try await command.run()
        }

        let file = try home.writeFile(of: "gis", "abcd", tokenURI)
        let made = try await home.run("import", file, "--protect", "key-file=\(home.key)", "-q")
        try #require(made.exitCode == 0, "\(made)")
        let first = try await home.command(["token", "-q"] + options).run()
        first.expectSuccess()
        let granted = ContinuousClock.now
        let wrong = try await ask("gis", "wrong-and-long")
        #expect(wrong.exitCode == 67 && wrong.output.isEmpty, "\(wrong)")
        #expect(!wrong.errorText.contains("wrong-and-long"))
        let unknown = try await ask("nobody", "abcd")
        #expect(unknown.exitCode == 67 && unknown.output.isEmpty, "\(unknown)")
        for (client, wanted) in encodings.sorted(by: { $0.key < $1.key }) {
            let secret = try #require(Self.secrets[client])
            for encoding in ["raw", "form"] {
                let report = try await ask(client, secret, "--basic-encoding", encoding)
                #expect(report.exitCode == (wanted.contains(encoding) ? 0 : 67), "\(client), \(encoding): \(report)")
            }
        }

        // Times are whole seconds: one more than it lives.
        try await Task.sleep(until: granted + .seconds(Self.lifetime + 1))
        let second = try await home.command(["token", "-q"] + options).run()
        second.expectSuccess()
        #expect(first.output != second.output)
    }
}

extension Home {
    fileprivate func writeFile(of client: String, _ secret: String, _ tokenURI: String) throws -> String {
        let web = ["client_id": client, "client_secret": secret, "token_uri": tokenURI]
        let json = try JSONEncoder().encode(["web": web])
        return try folder.write(String(decoding: json, as: UTF8.self), to: "client_secrets.json")
    }
}
