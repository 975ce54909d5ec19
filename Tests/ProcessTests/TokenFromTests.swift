import Foundation
import Testing
import VaultTestSupport

/// `token --from` and `--from-environment`: a token without a vault, and without one being made.
@Suite(.serialized, .needsBinary)
struct TokenFromTests {
    private func variables(_ home: Home, _ server: TokenServer, secret: String? = nil) -> [String: String?] {
        [
            "ISOGEO_API_GROUP_CLIENT_ID": home.client.id,
            "ISOGEO_API_GROUP_CLIENT_SECRET": secret ?? home.client.secret.text,
            "ISOGEO_TOKEN_URL": server.url,
        ]
    }

    private func expectNoVault(_ home: Home) throws {
        #expect(!FileManager.default.fileExists(atPath: home.vaultFolder))
        let runtime = try FileManager.default.contentsOfDirectory(atPath: home.folder("run"))
        #expect(runtime.isEmpty)
    }

    private static let plainHTTP = "isogeo-vault: warning: The token endpoint is plain http, on this computer.\n"

    @Test func `a file gives a token each time, and nothing is kept`() async throws {
        let server = try await TokenServer.shared.value
        let home = try Home()
        let file = try home.writeFile(tokenURI: server.url)
        let first = try await home.run("token", "--from", file)
        first.expectSuccess(errors: Self.plainHTTP)
        #expect(first.outputText.wholeMatch(of: #/[A-Za-z0-9_-]{64}\n/#) != nil)
        let second = try await home.run("token", "--from", file, "-q")
        second.expectSuccess()
        #expect(first.output != second.output)
        #expect(try server.requests(of: home.client).count == 2)
        try expectNoVault(home)
    }

    @Test func `standard input gives a token, in each format`() async throws {
        let server = try await TokenServer.shared.value
        let home = try Home()
        let file = home.client.file(tokenURI: server.url)
        let token = try await home.run("token", "--from", "-", "--json", "--scope", "a b", "-q", input: file)
        token.expectSuccess()
        let told = try token.json
        #expect(
            told.keys.sorted() == [
                "access_token", "application", "expires_at", "expires_at_epoch", "expires_in", "source", "token_type",
            ]
        )
        #expect(told["application"] as? String == "atlas")
        #expect(told["source"] as? String == "endpoint")
        let header = try await home.run("token", "--from", "-", "--format", "header", "-q", input: file)
        header.expectSuccess()
        #expect(header.outputText.hasPrefix("Authorization: Bearer "))
        #expect(
            try server.requests(of: home.client).map(\.body)
                == ["grant_type=client_credentials&scope=a+b", "grant_type=client_credentials"]
        )
        try expectNoVault(home)
    }

    @Test func `the environment gives a token, whatever vault there is`() async throws {
        let server = try await TokenServer.shared.value
        let home = try Home()
        try await home.run("token", "--from-environment", "-q", with: variables(home, server)).expectSuccess()
        #expect(try server.requests(of: home.client).count == 1)
        try expectNoVault(home)

        let other = try await Home.withVault()
        let before = try Data(contentsOf: URL(filePath: other.vault))
        try await other.run("token", "--from-environment", "-q", with: variables(other, server)).expectSuccess()
        #expect(try server.requests(of: other.client).count == 1)
        #expect(try Data(contentsOf: URL(filePath: other.vault)) == before)
    }

    @Test func `a token that would end too soon isn't given`() async throws {
        let server = try await TokenServer.shared.value
        let home = try Home()
        let file = try home.writeFile(tokenURI: server.url)
        try await home.run("token", "--from", file, "--min-ttl", "4000", "-q").expectFailure(
            76,
            "The server grants tokens for 3599 s, which is no more than the 4000 s that are wanted.",
            "Ask for a shorter minimum."
        )
    }

    @Test func `a wrong secret is refused, and asked with once`() async throws {
        let home = try Home()
        var options = TokenServer.Options()
        options.client = (home.client.id, Canary().text)
        let server = try await TokenServer(options)
        let sentence =
            "atlas at \(server.origin): The server refuses this client_id and secret (status 401, invalid_client)."
        let remedy =
            "Check the credential with its issuer; if it has unusual characters, try the other Basic encoding."
        try await home.run("token", "--from-environment", "-q", with: variables(home, server))
            .expectFailure(67, sentence, remedy)
        #expect(try server.requests.count == 1)
        try await home.run("token", "--from", try home.writeFile(tokenURI: server.url), "-q")
            .expectFailure(67, sentence, remedy)
        #expect(try server.requests.count == 2)
        try expectNoVault(home)
    }

    @Test func `what the environment lacks is said`() async throws {
        let home = try Home()
        try await home.run("token", "--from-environment").expectFailure(
            64,
            "The environment holds no credential.",
            "Set ISOGEO_API_GROUP_CLIENT_ID and ISOGEO_API_GROUP_CLIENT_SECRET, or "
                + "ISOGEO_CLIENT_ID and ISOGEO_CLIENT_SECRET."
        )
        try await home.run(
            "token",
            "--from-environment",
            with: ["ISOGEO_CLIENT_SECRET": home.client.secret.text]
        ).expectFailure(
            64,
            "ISOGEO_CLIENT_SECRET is set, and ISOGEO_CLIENT_ID isn't.",
            "Set both, or neither."
        )
        let missing = home.folder("missing.json")
        try await home.run("token", "--from", missing).expectFailure(
            74,
            "\(missing) can't be read: No such file or directory.",
            "Check the path and who may read it."
        )
        try await home.run("token", "--from", "-", input: "{").expectFailure(
            65,
            "The file isn't JSON: at line 1, column 2, it ends too early.",
            "Use the client_secrets.json as Isogeo sent it, unedited."
        )
    }

    @Test(arguments: [
        (["atlas", "--from-environment"], "A credential that isn't in the vault has no name in it."),
        (["atlas", "--from", "-"], "A credential that isn't in the vault has no name in it."),
        (["--from", "-", "--from-environment"], "Give --from or --from-environment."),
    ]) func `one credential is asked with`(options: [String], sentence: String) async throws {
        let server = try await TokenServer.shared.value
        let home = try Home()
        var command = try home.command(["token"] + options, variables(home, server))
        command.input = .bytes(Array(home.client.file(tokenURI: server.url).utf8))
        let report = try await command.run()
        #expect(report.exitCode == 64 && report.output.isEmpty, "\(report)")
        #expect(report.errorText.hasPrefix("isogeo-vault: \(sentence)\n"), "\(report)")
        #expect(try server.requests(of: home.client).isEmpty)
    }
}
