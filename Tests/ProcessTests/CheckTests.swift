import Testing
import VaultTestSupport

/// `check`: a token, then what is shared.
@Suite(.serialized, .needsBinary)
struct CheckTests {
    @Test func `what is shared is told, with a token that is new each time`() async throws {
        let shares = #"[{"_id": "1", "name": "City\u001b[31m maps"}, {"_id": "2", "name": "Water", "x": [{}]}]"#
        let world = try await APIHome(.token, .token, .json(200, shares), .token, .json(200, shares))
        try await world.home.run("token").expectSuccess()
        try await world.home.run("check").expectSuccess("atlas: valid, with 2 shares.\n  City [31m maps\n  Water\n")
        #expect(try world.tokenRequests == 2)
        #expect(try world.reads.map(\.path) == ["/api/shares"])
        let report = try await world.home.run("check", "atlas", "--json")
        #expect(try report.json["valid"] as? Bool == true)
        #expect((try report.json["shares"] as? [[String: Any]])?.compactMap { $0["id"] as? String } == ["1", "2"])
        // The last of the tokens is kept.
        try await world.home.run("token").expectSuccess()
        #expect(try world.tokenRequests == 3)
    }

    @Test func `one share, none, and one without a name`() async throws {
        let world = try await APIHome(
            .token,
            .json(200, #"[{"_id": "0a"}]"#),
            .token,
            .json(200, "[]")
        )
        try await world.home.run("check").expectSuccess("atlas: valid, with 1 share.\n  0a\n")
        try await world.home.run("check").expectSuccess("atlas: valid, but nothing is shared with it yet.\n")
    }

    @Test func `a credential that is refused is told apart from an API that refuses its token`() async throws {
        let refused = try await APIHome(.json(401, #"{"error": "invalid_client"}"#))
        let report = try await refused.home.run("check")
        #expect(report.exitCode == 67 && report.errorText.contains("client_id"), "\(report)")
        #expect(try refused.reads.isEmpty)

        let world = try await APIHome(.token, .json(401, ""))
        try await world.home.run("check").expectFailure(
            67,
            "The token was granted. The API at \(world.origin) refuses a new token from \(world.origin) (status 401).",
            "Check that both belong together: isogeo-vault show atlas"
        )
        #expect(try world.tokenRequests == 1)
    }

    @Test func `without a word on the API the credential is proven all the same`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        try await home.run("check").expectFailure(
            78,
            "The token was granted. The API address of atlas is unknown; its tokens come from \(server.origin).",
            "Say it with --api-base URL, or for good: isogeo-vault rotate atlas client_secrets.json "
                + "--token-uri \(server.url) --api-base URL"
        )
        #expect(try server.requests(of: home.client).count == 1)
        // An address that can't be one is refused before.
        #expect(try await home.run("check", "--api-base", "http://api.example").exitCode == 64)
        #expect(try server.requests(of: home.client).count == 1)
        let dead = try await home.run("check", "--api-base", "http://localhost:1")
        #expect(dead.exitCode == 75, "\(dead)")
        #expect(dead.errorText.hasPrefix("isogeo-vault: The token was granted. The API refuses"), "\(dead)")
    }

    @Test(arguments: [403, 404]) func `what the API denies it isn't told to ask by itself again`(status: Int)
        async throws
    {
        let world = try await APIHome(.token, .json(status, ""))
        let report = try await world.home.run("check")
        #expect(report.exitCode == 76 && report.errorText.contains("granted. The API at"), "\(report)")
        #expect(!report.errorText.contains("isogeo-vault check"), "\(report)")
    }

    @Test func `a stored token never stands in for a new one`() async throws {
        let world = try await APIHome(.token, .json(503, ""))
        try await world.home.run("token").expectSuccess()
        let report = try await world.home.run("check")
        #expect(report.exitCode == 75 && report.output.isEmpty, "\(report)")
        #expect(try world.reads.isEmpty)
    }

    @Test(arguments: ["{}", "[1]", "<html>", "", "[", #"{"shares": []}"#])
    func `an answer that is no list of shares is none`(body: String) async throws {
        let world = try await APIHome(.token, .json(200, body))
        try await world.home.run("check").expectFailure(
            76,
            "The token was granted. The API's answer isn't a list of shares.",
            "Check the API's address: isogeo-vault show"
        )
    }
}
