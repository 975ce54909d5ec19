import Foundation
import Testing
import VaultCrypto
import VaultHTTP
import VaultSystem

@testable import VaultOAuth

@Suite struct CurlTransportTests {
    private func failure(_ result: Result<TokenGrant, OAuthError>) -> OAuthError? {
        guard case .failure(let error) = result else { return nil }
        #expect(!words(of: error).contains(canary))
        return error
    }

    private func failure(_ answer: ScriptedServer.Answer) async throws -> OAuthError? {
        let server = try ScriptedServer(answer)
        defer { server.stop() }
        return failure(try await ask("http://127.0.0.1:\(server.port)/token"))
    }

    @Test func `the request on the wire is exactly this`() async throws {
        let server = try ScriptedServer(.token)
        defer { server.stop() }
        let grant = try await ask("http://127.0.0.1:\(server.port)/oauth/token?a=%C3%A9", scope: "resources:read").get()
        #expect(grant.accessToken == "t")
        #expect(grant.lifetime == 3599)
        let request = try #require(server.requests.first)
        let parts = request.components(separatedBy: "\r\n\r\n")
        let lines = parts[0].components(separatedBy: "\r\n")
        let header = try BasicCredentials(clientID: clientID, secret: guarded(canary), encoding: .raw)
            .withHeader { plain($0) }
        #expect(lines[0] == "POST /oauth/token?a=%C3%A9 HTTP/1.1")
        #expect(
            lines.dropFirst().sorted() == [
                "Accept: application/json", header, "Content-Length: 52",
                "Content-Type: application/x-www-form-urlencoded", "Host: 127.0.0.1:\(server.port)",
                "User-Agent: isogeo-vault",
            ]
        )
        #expect(parts.dropFirst() == ["grant_type=client_credentials&scope=resources%3Aread"])
        #expect(server.requests.count == 1)
    }

    @Test(arguments: ["localhost", "127.0.0.1", "127.0.0.2"])
    func `this computer is reached under each of its names`(_ host: String) async throws {
        let server = try ScriptedServer(.token)
        defer { server.stop() }
        let result = try await ask("http://\(host):\(server.port)/")
        // 127.0.0.2 is another address, where nobody listens.
        if host == "127.0.0.2" {
            #expect(failure(result) == .connection(.refused))
        } else {
            #expect(try result.get().accessToken == "t")
        }
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/sys/net/ipv6"), "this computer has no IPv6"))
    func `IPv6 is spoken, by number and by name`() async throws {
        let server: ScriptedServer
        do { server = try ScriptedServer(.token, onIPv6: true) } catch { try Test.cancel("no ::1 on this computer") }
        defer { server.stop() }
        #expect(try await ask("http://[::1]:\(server.port)/").get().accessToken == "t")
        #expect(try await ask("http://localhost:\(server.port)/").get().accessToken == "t")
    }

    @Test func `no proxy of the environment sees a plain request`() async throws {
        // In a process of its own: the environment is everybody's, and libcurl reads it by itself.
        await #expect(processExitsWith: .success) { () async throws in
            let (server, proxy) = (try ScriptedServer(.token), try ScriptedServer(.token))
            let address = "http://127.0.0.1:\(proxy.port)"
            for name in ["http_proxy", "https_proxy", "all_proxy"] {
                try #require(unsafe setenv(name, address, 1) == 0)
            }
            for name in ["no_proxy", "NO_PROXY"] { try #require(unsafe unsetenv(name) == 0) }
            let settings = ConnectionSettings(proxy: try ProxyAddress(address))
            for isProxySet in [true, false] {
                let result = try await ask("http://127.0.0.1:\(server.port)/", connection: settings) { name in
                    isProxySet && name.hasSuffix("proxy")
                }
                #expect(try result.get().accessToken == "t")
            }
            #expect(proxy.requests.isEmpty)
            #expect(server.requests.count == 2)
        }
    }

    @Test func `an application's proxy is told host and port, and nothing of the header`() async throws {
        let proxy = try ScriptedServer(.http("407 Who", ""), .http("503 No", ""), .http("302 There", "", "Location: /"))
        defer { proxy.stop() }
        let settings = ConnectionSettings(proxy: try ProxyAddress("http://127.0.0.1:\(proxy.port)"))
        for cause: ProxyProblem.Cause in [.authentication, .answered(status: 503), .answered(status: 302)] {
            let name = "http://127.0.0.1:\(proxy.port) (the application's own)"
            let result = try await ask("https://a.example/t", connection: settings)
            #expect(failure(result) == .proxy(ProxyProblem(proxy: name, cause: cause)))
        }
        #expect(proxy.requests.count == 3)
        for request in proxy.requests {
            #expect(request.hasPrefix("CONNECT a.example:443 HTTP/1.1\r\n"))
            #expect(!request.contains("Authorization: Basic"))
            #expect(!request.contains("grant_type"))
        }
    }

    @Test(arguments: [301, 302, 303, 307, 308]) func `no redirect is followed`(_ status: Int) async throws {
        let other = try ScriptedServer(.token)
        let server = try ScriptedServer(
            .http("\(status) Moved", "", "Location: http://127.0.0.1:\(other.port)/")
        )
        defer {
            server.stop()
            other.stop()
        }
        let result = try await ask("http://127.0.0.1:\(server.port)/")
        #expect(failure(result) == .answer(.redirect(host: "127.0.0.1:\(other.port)")))
        #expect(other.requests.isEmpty)
        #expect(server.requests.count == 1)
    }

    @Test func `a refused credential is one request, whatever the server asks for`() async throws {
        let server = try ScriptedServer(
            .http("401 No", #"{"error":"invalid_client"}"#, "WWW-Authenticate: Basic realm=\"x\"")
        )
        defer { server.stop() }
        let result = try await ask("http://127.0.0.1:\(server.port)/")
        let refused = ServerError(code: "invalid_client", description: nil)
        #expect(failure(result) == .answer(.refused(status: 401, refused)))
        #expect(server.requests.count == 1)
    }

    @Test func `Retry-After arrives`() async throws {
        #expect(try await failure(.http("429 No", "", "retry-after: 7")) == .answer(.throttled(notBefore: 7)))
    }

    @Test func `a connection that ends is told from one that was never made`() async throws {
        #expect(try await failure(.close) == .connection(.broken))
        #expect(try await failure(.reset) == .connection(.broken))
        #expect(
            try await failure(.bytes(Array("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{".utf8)))
                == .connection(.broken)
        )
        let port = try ClosedPort()
        #expect(failure(try await ask("http://127.0.0.1:\(port.number)/")) == .connection(.refused))
    }

    @Test(arguments: ["X: y", "X: y\r\n", "Content-Leng"])
    func `headers that break off are no empty answer`(_ rest: String) async throws {
        #expect(try await failure(.bytes(Array("HTTP/1.1 200 OK\r\n\(rest)".utf8))) == .connection(.broken))
        let refused = ServerError(code: nil, description: nil)
        #expect(
            try await failure(.bytes(Array("HTTP/1.1 401 No\r\n\(rest)".utf8)))
                == .answer(.refused(status: 401, refused))
        )
    }

    @Test func `what isn't HTTP is named`() async throws {
        #expect(try await failure(.bytes(Array("SSH-2.0-OpenSSH_9.2\r\n".utf8))) == .connection(.notHTTP))
    }

    @Test func `an answer above a mebibyte is cut off, whether it says so or not`() async throws {
        let mebibyte = 1_048_576
        let large = String(repeating: " ", count: mebibyte + 1)
        let tooLarge = OAuthError.answer(.tooLarge(limit: mebibyte))
        #expect(try await failure(.http("200 OK", large)) == tooLarge)
        #expect(try await failure(.bytes(Array("HTTP/1.1 200 OK\r\n\r\n\(large)".utf8))) == tooLarge)
        let header = "X: " + String(repeating: "x", count: 60_000)
        let headers = try await failure(.http("200 OK", "", header, header))
        #expect(headers == .answer(.headersTooLarge(limit: 65_536)))
        let whole = String(repeating: " ", count: mebibyte - 20) + #"{"access_token":"t"}"#
        let server = try ScriptedServer(.http("200 OK", whole))
        defer { server.stop() }
        #expect(try await ask("http://127.0.0.1:\(server.port)/").get().accessToken == "t")
    }

    @Test func `a silent server costs no more than the time allowed`() async throws {
        // Who waits for longer than is allowed gets a token.
        let server = try ScriptedServer(.late)
        defer { server.stop() }
        let result = try await ask("http://127.0.0.1:\(server.port)/", timeLimit: .milliseconds(100))
        #expect(failure(result) == .connection(.timedOut))
        let none = try await ask("http://127.0.0.1:\(server.port)/", timeLimit: .zero)
        #expect(failure(none) == .connection(.timedOut))
    }

    @Test func `another thread can end a request`() async throws {
        let server = try ScriptedServer(.silence)
        defer { server.stop() }
        let interruption = Interruption()
        Thread.detachNewThread {
            for _ in 0..<100 where server.requests.isEmpty { Thread.sleep(forTimeInterval: 0.05) }
            interruption.interrupt()
        }
        let settings = ConnectionSettings(interruption: interruption)
        let result = try await ask("http://127.0.0.1:\(server.port)/", connection: settings)
        #expect(failure(result) == .connection(.interrupted))
    }

    @Test func `a name without an address is named`() async throws {
        // RFC 6761 keeps .invalid from ever having one.
        let result = try await ask("https://nowhere.invalid/", timeLimit: .seconds(3))
        let error = failure(result)
        #expect(error == .connection(.nameResolution) || error == .connection(.timedOut))
    }

    @Test func `nothing is asked while keys are written down`() async throws {
        let server = try ScriptedServer(.token)
        defer { server.stop() }
        let result = try await ask("http://127.0.0.1:\(server.port)/") { $0 == "SSLKEYLOGFILE" }
        #expect(failure(result) == .configuration(.keyLogging))
        let request = try APIRequest("/", at: APIBase("http://127.0.0.1:\(server.port)"))
        let api = APIClient(transport: CurlTransport { $0 == "SSLKEYLOGFILE" })
        await #expect(throws: APIError.request(.configuration(.keyLogging))) {
            try await onThread {
                try api.get(request, token: "t", connection: ConnectionSettings(), now: 0) { _ in true }
            }
        }
        #expect(server.requests.isEmpty)
    }

    @Test func `whose allocator libcurl has is known`() async throws {
        #expect(try await onThread { CurlTransport.wipesMemory })
        try await onThread { try CurlTransport.checkLibrary() }
    }

    @Test func `many requests at once don't disturb one another`() async throws {
        let server = try ScriptedServer(.token)
        defer { server.stop() }
        try await withThrowingTaskGroup { group in
            for _ in 0..<16 {
                group.addTask { try await ask("http://127.0.0.1:\(server.port)/").get() }
            }
            for try await grant in group { #expect(grant.accessToken == "t") }
        }
        #expect(server.requests.count == 16)
    }

    @Test func `a client tries again over the wire`() async throws {
        let server = try ScriptedServer(.reset, .http("503 No", ""), .token)
        defer { server.stop() }
        let request = try TokenRequest(endpoint: TokenEndpoint("http://127.0.0.1:\(server.port)/"))
        let dependencies = TokenClient.Dependencies(now: { 7 }, uptime: { .zero }, sleep: { _ in }, random: { 0 })
        let grant = try await onThread {
            try TokenClient(dependencies: dependencies).token(for: request, clientID: clientID, secret: guarded(canary))
        }
        #expect(grant.requestedAt == 7)
        #expect(server.requests.count == 3)
    }
}
