import Foundation
import Testing
import VaultTestSupport

/// Isogeo's own SDK for Python, unchanged, with a secret that lies in a vault.
@Suite(.serialized, .needsBinary, .needsSDK, .needsMemoryFileSystem)
struct SDKTests {
    /// The SDK takes ids that end in a UUID and secrets of 64 characters alone, and always asks the API for the shares.
    private func world() async throws -> (home: Home, server: TokenServer) {
        var options = TokenServer.Options()
        options.authority = try await ThrowawayCA()
        // A token, then the shares; the SDK asks for nothing else.
        options.answers = #"[null, {"status": 200, "headers": {"Content-Type": "application/json"}, "body": "[]"}]"#
        let server = try await TokenServer(options)
        let id = "atlas-" + UUID().uuidString.lowercased().replacing("-", with: "")
        var home = try Home(client: Home.Client(id: id, secret: Canary(length: 64)), in: TestPaths.memory)
        let made = try await home.run(
            "import",
            try home.writeFile(tokenURI: server.url),
            "--name",
            "atlas",
            "--protect",
            "key-file=\(home.key)",
            "--api-base",
            "https://localhost:\(server.port)"
        )
        try #require(made.exitCode == 0, "\(made)")
        home.environment["ISOGEO_VAULT_KEY_FILE"] = home.key
        home.environment["PYTHONWARNINGS"] = "ignore"
        return (home, server)
    }

    private static let connect = """
        isogeo = Isogeo(client_id=id, client_secret=secret, auth_mode="group", auto_refresh_url=uri, platform="custom",
                        isogeo_urls={"api_url": api})
        isogeo.connect()
        print("token", isogeo.token["access_token"] != "", "header", isogeo.header["Authorization"][:7])
        """

    private func expectToken(_ options: [String], _ prologue: String) async throws {
        let (home, server) = try await world()
        let python = try #require(TestPaths.sdkPython)
        let script =
            "from os import environ\nfrom isogeo_pysdk import Isogeo, IsogeoUtils\n\(prologue)\n\(Self.connect)"
        let report = try await home.command(["exec", "--no-token", "-q"] + options + ["--", python, "-c", script]).run()
        #expect(report.exitCode == 0 && report.outputText == "token True header Bearer \n", "\(report)")
        let requests = try server.requests
        #expect(requests.first?.values(of: "authorization") == [home.client.basic])
        #expect(requests.count == 2 && requests.last?.method == "GET")
        home.client.secret.expectAbsent(in: report)
    }

    @Test func `fed by variables it gets its token`() async throws {
        try await expectToken(
            ["--sdk"],
            """
            id, secret = environ["ISOGEO_API_GROUP_CLIENT_ID"], environ["ISOGEO_API_GROUP_CLIENT_SECRET"]
            uri, api = environ["ISOGEO_ID_URL"] + "/oauth/token", environ["ISOGEO_API_URL"]
            """
        )
    }

    @Test(arguments: [[], ["--private-file"]]) func `fed by a client_secrets.json it gets its token`(options: [String])
        async throws
    {
        try await expectToken(
            ["--client-secrets", "ISOGEO_FILE"] + options,
            """
            found = IsogeoUtils.credentials_loader(environ["ISOGEO_FILE"])
            id, secret, uri = found["client_id"], found["client_secret"], found["uri_token"]
            api = uri.replace("/oauth/token", "")
            """
        )
    }
}
