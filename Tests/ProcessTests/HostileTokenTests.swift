import Foundation
import Testing
import VaultTestSupport

/// A token comes from a server, which may be another one than it should be: what it sends is text for shells and curl,
/// and nothing that they run or obey.
@Suite(.serialized, .needsBinary)
struct HostileTokenTests {
    /// Every character that RFC 6749 (Appendix A.12) allows in a token.
    private static let everyCharacter = String(decoding: Array<UInt8>(0x21...0x7E), as: UTF8.self)

    private static let tokens = [
        everyCharacter,
        String(everyCharacter.reversed()),
        "'\"\\$(touch${IFS}pwned)`touch${IFS}pwned`'",
        "';touch${IFS}pwned;'", "'\\''", "''''", "\\", "\\\\", "\"", "a\\nb\\rc\\td\\", "\"\\\"",
        "\"-oProxyCommand=x\"#", "$((1+1))", "!!", "%s%n", "-e", "~", "*", "{a,b}", "'\"'\"'",
    ]

    /// A home whose server grants this token.
    private func home(granting token: String) async throws -> (Home, TokenServer) {
        let body = try JSONSerialization.data(
            withJSONObject: ["access_token": token, "token_type": "bearer", "expires_in": 3599]
        )
        let answer: [String: Any] = ["status": 200, "headers": [:], "body": String(decoding: body, as: UTF8.self)]
        var options = TokenServer.Options()
        options.answers = String(decoding: try JSONSerialization.data(withJSONObject: [answer]), as: UTF8.self)
        let server = try await TokenServer(options)
        return (try await Home.withVault(askingAt: server.url), server)
    }

    @Test(arguments: tokens) func `shells and curl get the token byte for byte, and run nothing`(token: String)
        async throws
    {
        let (home, server) = try await home(granting: token)
        try await home.run("token").expectSuccess(token + "\n")
        let kept = try await home.run("token", "--json").json
        #expect(kept["access_token"] as? String == token)

        let line = "eval \"$(\"$vault\" token --format env)\" && printf %s \"$ISOGEO_ACCESS_TOKEN\""
        for shell in ["bash", "dash"] {
            try await home.shell("exec \(shell) -c '\(line)'").expectSuccess(token)
        }
        // What is exported is there for a child, too.
        try await home.shell("eval \"$(\"$vault\" token --format env)\"; exec printenv ISOGEO_ACCESS_TOKEN")
            .expectSuccess(token + "\n")

        let resource = "http://127.0.0.1:\(server.port)/shares"
        try await home.shell(
            "\"$vault\" token --format curl | curl -sS --max-time 30 --output /dev/null --config - \"$1\"",
            resource
        ).expectSuccess("")
        let request = try #require(server.requests.last)
        #expect(request.method == "GET" && request.path == "/shares")
        #expect(request.values(of: "authorization") == ["Bearer \(token)"])
        #expect(try server.requests.count == 2)

        let made = try FileManager.default.contentsOfDirectory(atPath: home.folder.path)
        #expect(made.sorted() == ["client_secrets.json", "key", "run", "share", "state"])
    }

    @Test func `env tells when the token ends, and quotes an ordinary one too`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        let token = try #require(try await home.run("token", "--json").json["access_token"] as? String)
        let expires = try #require(try await home.run("token", "--json").json["expires_at_epoch"] as? Int)
        try await home.run("token", "--format", "env").expectSuccess(
            "export ISOGEO_ACCESS_TOKEN='\(token)'\nexport ISOGEO_ACCESS_TOKEN_EXPIRES='\(expires)'\n"
        )
        try await home.run("token", "--format", "curl").expectSuccess("header = \"Authorization: Bearer \(token)\"\n")
        try await home.run("token", "--format=curl", "--no-newline")
            .expectSuccess("header = \"Authorization: Bearer \(token)\"")
        try await home.shell("eval \"$(\"$vault\" token --format env)\"; exec printenv ISOGEO_ACCESS_TOKEN_EXPIRES")
            .expectSuccess("\(expires)\n")
    }

    @Test(arguments: [" ", "\n", "\r\nX-Injected: 1", "\u{0}", "\u{7F}", "é", "a b", "\t"])
    func `a token with anything but visible ASCII is none`(odd: String) async throws {
        let (home, server) = try await home(granting: "a\(odd)b")
        for format in ["raw", "curl", "env"] {
            let report = try await home.run("token", "--format", format)
            #expect(report.exitCode == 76 && report.output.isEmpty, "\(report)")
        }
        #expect(try server.requests.count == 3)
    }

    @Test(arguments: ["curl", "env", "header"]) func `json is one format, and another is another`(format: String)
        async throws
    {
        let home = try Home()
        let report = try await home.run("token", "--json", "--format", format)
        #expect(report.exitCode == 64 && report.output.isEmpty, "\(report)")
        #expect(
            report.errorText.hasPrefix("isogeo-vault: --json and --format \(format) contradict each other.\n"),
            "\(report)"
        )
    }
}
