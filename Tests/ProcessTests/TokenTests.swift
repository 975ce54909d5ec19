import Foundation
import Testing
import VaultTestSupport

@Suite(.serialized, .needsBinary)
struct TokenTests {
    @Test func `the page's sample is sent as the page says`() async throws {
        let server = try await TokenServer()
        let home = try Home()
        let imported = try await home.run(
            "import",
            TestPaths.fixture("client_secrets.json"),
            "--token-uri",
            server.url,
            "--protect",
            "key-file=\(home.key)"
        )
        #expect(imported.exitCode == 0, "\(imported)")
        let token = try await home.run("token", "--key-file", home.key)
        token.expectSuccess()

        let requests = try server.requests
        try #require(requests.count == 1)
        #expect(requests[0].method == "POST")
        #expect(requests[0].path == "/oauth/token")
        #expect(requests[0].body == "grant_type=client_credentials")
        #expect(
            requests[0].values(of: "authorization") == [
                "Basic cHl0aG9uLW1pbmltYWxpc3Qtc2RrLXRlc3QtdXVpZC0xYTJiM2M0ZDVlNmY3ZzhoOWkwajExazEybDphcHBsaWNhdGlvbi1z"
                    + "ZWNyZXQtMWEyYjNjNGQ1ZTZmN2c4aDlpMGoxMWsxMmwxM20xNG4xNW8xNnAxN1ExOHJT"
            ]
        )
        #expect(requests[0].values(of: "content-type") == ["application/x-www-form-urlencoded"])
        #expect(requests[0].values(of: "accept") == ["application/json"])
        #expect(
            requests[0].headers.compactMap(\.first).sorted()
                == ["Accept", "Authorization", "Content-Length", "Content-Type", "Host", "User-Agent"]
        )
    }

    @Test func `an import says what it did and where tokens will be requested`() async throws {
        let home = try Home()
        let file = try home.writeFile()
        let first = try await home.run("import", file, "--protect", "key-file=\(home.key)")
        first.expectSuccess(
            "",
            errors: """
                isogeo-vault: warning: The token endpoint is plain http, on this computer.
                isogeo-vault: Made the vault \(home.vault) with the application atlas.
                isogeo-vault: The key file \(home.key) protects the vault: keep a copy of it, apart from the vault's.
                isogeo-vault: Tokens will be requested from http://localhost:9.
                isogeo-vault: \(file) still holds the secret in clear: delete it when you no longer need it.

                """
        )
        let second = try await home.run("import", file, "--name", "b", "--key-file", home.key, "--json", "-q")
        second.expectSuccess(
            """
            {
              "imports" : [
                {
                  "application" : "b",
                  "outcome" : "added",
                  "source" : "\(file)",
                  "token_origin" : "http://localhost:9",
                  "vault" : "\(home.vault)"
                }
              ]
            }

            """
        )
    }

    @Test func `a second token comes from the vault, and refresh asks`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        let first = try await home.run("token")
        first.expectSuccess()
        #expect(first.output.count == 65 && first.output.last == 0x0a)
        try await home.run("token").expectSuccess(first.outputText)
        try await home.run("token", "atlas").expectSuccess(first.outputText)
        #expect(try server.requests(of: home.client).count == 1)

        let refreshed = try await home.run("token", "--refresh")
        refreshed.expectSuccess()
        #expect(refreshed.output != first.output)
        #expect(try server.requests(of: home.client).count == 2)
        try await home.run("token").expectSuccess(refreshed.outputText)
        #expect(try server.requests(of: home.client).count == 2)
    }

    @Test func `a token is shown in each format`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        let fresh = try await home.run("token", "--format", "json").json
        #expect(fresh["source"] as? String == "endpoint")
        let token = try #require(fresh["access_token"] as? String)
        try await home.run("token", "--no-newline").expectSuccess(token)
        try await home.run("token", "--format", "header").expectSuccess("Authorization: Bearer \(token)\n")
        let kept = try await home.run("token", "--json").json
        #expect(kept["access_token"] as? String == token)
        #expect(kept["token_type"] as? String == "Bearer")
        #expect(kept["application"] as? String == "atlas")
        #expect(kept["source"] as? String == "vault")
        #expect(try #require(kept["expires_in"] as? Int) <= 3599)
        let epoch = try #require(kept["expires_at_epoch"] as? Double)
        let written = try #require(kept["expires_at"] as? String)
        #expect(try Date(written, strategy: .iso8601) == Date(timeIntervalSince1970: epoch))
    }

    @Test func `a scope has a token of its own`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        let plain = try await home.run("token")
        let scoped = try await home.run("token", "--scope", "a b")
        #expect(plain.output != scoped.output)
        try await home.run("token", "--scope", "a b").expectSuccess(scoped.outputText)
        #expect(
            try server.requests(of: home.client).map(\.body)
                == ["grant_type=client_credentials", "grant_type=client_credentials&scope=a+b"]
        )
    }

    @Test func `an expired token is asked for again, once`() async throws {
        var options = TokenServer.Options()
        options.expiresIn = "2"
        let server = try await TokenServer(options)
        let home = try await Home.withVault(askingAt: server.url)
        let first = try await home.run("token")
        try await Task.sleep(for: .seconds(2.1))
        let second = try await home.run("token")
        second.expectSuccess()
        #expect(first.output != second.output)
        #expect(try server.requests.count == 2)
    }

    @Test func `another secret means another token`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        let first = try await home.run("token")
        let other = Home.Client(secret: Canary())
        let file = try home.writeFile(tokenURI: server.url, secret: other.secret)
        let replaced = try await home.run("import", file, "--replace")
        #expect(replaced.exitCode == 0 && replaced.errorText.contains("Replaced the application atlas in"))
        other.secret.expectAbsent(in: replaced)
        let second = try await home.run("token")
        second.expectSuccess()
        #expect(first.output != second.output)
        let credential = Data("\(home.client.id):\(other.secret.text)".utf8).base64EncodedString()
        #expect(try server.requests.filter { $0.values(of: "authorization") == ["Basic \(credential)"] }.count == 1)
    }

    @Test func `a longer life than the server grants is refused, not lied about`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        try await home.run("token", "--min-ttl", "4000").expectFailure(
            76,
            "The server grants tokens for 3599 s, which is no more than the 4000 s that are wanted.",
            "Ask for a shorter minimum."
        )
        let token = try await home.run("token", "--min-ttl", "3000")
        token.expectSuccess()
        try await home.run("token").expectSuccess(token.outputText)
        #expect(try server.requests(of: home.client).count == 1)
    }

    @Test func `eight processes on a cold cache ask once`() async throws {
        var options = TokenServer.Options()
        options.holdsAnswers = true
        let server = try await TokenServer(options)
        let home = try await Home.withVault(askingAt: server.url)
        let tokens = try await withThrowingTaskGroup { group in
            for _ in 0..<8 { group.addTask { try await home.run("token", "--timeout", "300") } }
            #expect(try await server.waitForRequests(1))
            // The others come to where they wait for the first.
            try await Task.sleep(for: .milliseconds(500))
            try server.release()
            return try await group.reduce(into: [ProcessReport]()) { $0.append($1) }
        }
        #expect(tokens.allSatisfy { $0.exitCode == 0 && $0.errors.isEmpty && $0.output.count == 65 }, "\(tokens)")
        #expect(Set(tokens.map(\.outputText)).count == 1)
        #expect(try server.requests.count == 1)
    }

    @Test func `a usable token needs no server, and a new one says that nobody answers`() async throws {
        let server = try await TokenServer()
        let home = try await Home.withVault(askingAt: server.url)
        let token = try await home.run("token")
        try await server.stop()
        try await home.run("token").expectSuccess(token.outputText)
        try await home.run("token", "--refresh").expectFailure(
            75,
            "atlas at \(server.origin): The token endpoint refuses connections.",
            "Check network and proxy, and ask again later."
        )
    }
}

@Suite(.serialized, .needsBinary)
struct GlewlwydCommandTests {
    @Test(.needsGlewlwyd) func `a server that knows nothing of us gives a token over TLS`() async throws {
        let server = try await Glewlwyd(lifetime: 1234)
        let origin = server.tokenURI.split(separator: "/").prefix(2).joined(separator: "//")
        var home = try Home()
        home.environment["ISOGEO_VAULT_KEY_FILE"] = home.key
        func file(_ secret: String) throws -> String {
            let text = """
                {"web": {"client_id": "\(server.clientID)", "client_secret": "\(secret)", "token_uri": "\(server.tokenURI)"}}
                """
            return try home.folder.write(text, to: "client_secrets.json")
        }
        let unknown = try await home.run("import", try file(server.clientSecret), "--protect", "key-file=\(home.key)")
        #expect(unknown.exitCode == 0, "\(unknown)")
        try await home.run("token", "--scope", server.scope).expectFailure(
            76,
            "\(server.clientID) at \(origin): The server's certificate comes from an issuer that this computer doesn't know.",
            "If your network or your own server uses a private authority, give its certificate with --ca-file; the vault "
                + "keeps it, or a renewed one, with `isogeo-vault trust NAME --ca-file FILE`."
        )
        let trusting = try await home.run(
            "import",
            try file(server.clientSecret),
            "--ca-file",
            server.authority.certificate,
            "--replace"
        )
        #expect(trusting.exitCode == 0, "\(trusting)")
        let before = Int(Date().timeIntervalSince1970)
        let token = try await home.run("token", "--scope", server.scope, "--json")
        token.expectSuccess()
        let end = try #require(token.json["expires_at_epoch"] as? Int)
        #expect((before + 1234...Int(Date().timeIntervalSince1970) + 1234).contains(end))
        #expect(try #require(token.json["access_token"] as? String).split(separator: ".").count == 3)

        let wrong = Canary()
        _ = try await home.run(
            "import",
            try file(wrong.text),
            "--ca-file",
            server.authority.certificate,
            "--replace"
        )
        let refused = try await home.run("token", "--scope", server.scope)
        #expect(refused.exitCode == 67 && refused.output.isEmpty, "\(refused)")
        #expect(refused.errorText.contains("The server refuses this client_id and secret (status "))
        wrong.expectAbsent(in: refused)
        try await server.stop()
    }
}
