import Foundation
import Testing
import VaultTestSupport

struct TokenServerTests {
    private func curl(_ arguments: String...) -> Command {
        let common = ["-sS", "--max-time", "15", "--noproxy", "*", "-d", "grant_type=client_credentials"]
        return Command("curl", common + arguments)
    }

    @Test func `each request gets a token of its own and is recorded`() async throws {
        let server = try await TokenServer()
        let first = try await curl(server.url).run()
        let second = try await curl("-u", "id:secret", server.url).run()
        #expect(first.outputText.contains("\"expires_in\": 3599"), "\(first)")
        #expect(first.output != second.output)
        let requests = try server.requests
        #expect(requests.map(\.method) == ["POST", "POST"])
        #expect(requests.map(\.body) == ["grant_type=client_credentials", "grant_type=client_credentials"])
        #expect(requests[1].values(of: "authorization") == ["Basic aWQ6c2VjcmV0"])
        try await server.stop()
        #expect(try await curl(server.url).run().exitCode == 7)
    }

    @Test func `over TLS a client must trust the throwaway authority`() async throws {
        var options = TokenServer.Options()
        options.authority = try await ThrowawayCA()
        options.client = ("id", "secret")
        let server = try await TokenServer(options)
        #expect(try await curl("-u", "id:secret", server.url).run().exitCode == 60)
        let authority = try #require(options.authority)
        let given = try await curl("--cacert", authority.certificate, "-u", "id:secret", server.url).run()
        #expect(given.outputText.contains("access_token"), "\(given)")
        let refused = try await curl("-i", "--cacert", authority.certificate, "-u", "id:guess", server.url).run()
        #expect(refused.outputText.hasPrefix("HTTP/1.1 401"), "\(refused)")
        #expect(refused.outputText.contains("WWW-Authenticate: Basic realm=\"x\"\r\n"))
    }

    @Test func `a held answer waits until it is let go`() async throws {
        var options = TokenServer.Options()
        options.holdsAnswers = true
        let server = try await TokenServer(options)
        let client = try curl(server.url).start()
        #expect(try await server.waitForRequests(1))
        #expect(try server.answered == 0)
        #expect(client.report.ending == nil)
        try server.release()
        #expect(try await client.outcome().outputText.contains("access_token"))
        #expect(try server.answered == 1)
    }

    @Test func `answers follow their script, the last one for ever`() async throws {
        var options = TokenServer.Options()
        options.answers = #"""
            [{"status": 503, "headers": {"Retry-After": "7"}, "body": "later"}, null, {"raw": "SFRUUC8xLjEgOTk5IFgNCg0K"},
             {"drop": true}]
            """#
        let server = try await TokenServer(options)
        let later = try await curl("-i", server.url).run()
        #expect(later.outputText.contains("Retry-After: 7\r\n") && later.outputText.hasSuffix("\r\n\r\nlater"))
        #expect(try await curl(server.url).run().outputText.contains("access_token"))
        #expect(try await curl("-i", server.url).run().outputText == "HTTP/1.1 999 X\r\n\r\n")
        #expect(try await curl(server.url).run().exitCode == 52)
        #expect(try await curl(server.url).run().exitCode == 52)
    }

    @Test func `what isn't this grant is refused`() async throws {
        let server = try await TokenServer()
        let other = try await Command("curl", ["-sS", "--noproxy", "*", "-d", "grant_type=password", server.url]).run()
        #expect(other.outputText.contains("unsupported_grant_type"), "\(other)")
        let get = try await Command("curl", ["-sSi", "--noproxy", "*", server.url]).run()
        #expect(get.outputText.hasPrefix("HTTP/1.1 405"), "\(get)")
    }
}

struct GlewlwydTests {
    @Test(.needsGlewlwyd) func `a server that knows nothing of us gives a token over TLS`() async throws {
        let server = try await Glewlwyd(lifetime: 1234)
        let credential = "\(server.clientID):\(server.clientSecret)"
        let form = "grant_type=client_credentials&scope=\(server.scope)"
        let arguments = ["-sS", "--max-time", "15", "--noproxy", "*", "--cacert", server.authority.certificate]
        let report = try await Command("curl", arguments + ["-u", credential, "-d", form, server.tokenURI]).run()
        #expect(report.outputText.contains("\"expires_in\":1234"), "\(report)")
        try await server.stop()
    }
}
