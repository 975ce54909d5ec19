import Testing
import VaultHTTP
internal import VaultSystem

@testable import VaultOAuth

@Suite struct TokenEndpointTests {
    @Test(arguments: [
        ("https://id.api.isogeo.com/oauth/token", "https://id.api.isogeo.com/oauth/token", "https://id.api.isogeo.com"),
        (
            "HTTPS://ID.API.Isogeo.COM:443/oauth/token", "https://id.api.isogeo.com/oauth/token",
            "https://id.api.isogeo.com"
        ),
        ("https://evil.example?api.isogeo.com", "https://evil.example/?api.isogeo.com", "https://evil.example"),
        ("https://host:8443", "https://host:8443/", "https://host:8443"),
        ("https://xn--bcher-kva.example/a", "https://xn--bcher-kva.example/a", "https://xn--bcher-kva.example"),
        ("https://10.0.0.1/t?a=%C3%A9&b=/?@:", "https://10.0.0.1/t?a=%C3%A9&b=/?@:", "https://10.0.0.1"),
        ("https://[2001:DB8:0:0::1]:444/t", "https://[2001:db8::1]:444/t", "https://[2001:db8::1]:444"),
        ("https://my_host/a//b", "https://my_host/a//b", "https://my_host"),
        ("http://localhost:8080/token", "http://localhost:8080/token", "http://localhost:8080"),
        ("http://LOCALHOST:80/", "http://localhost/", "http://localhost"),
        ("http://127.1.2.3/", "http://127.1.2.3/", "http://127.1.2.3"),
        ("http://[0:0:0:0:0:0:0:1]:9/x", "http://[::1]:9/x", "http://[::1]:9"),
        ("https://localhost/", "https://localhost/", "https://localhost"),
    ]) func `an address is rebuilt`(_ text: String, _ canonical: String, _ origin: String) throws {
        let endpoint = try TokenEndpoint(text)
        #expect(endpoint.canonicalText == canonical)
        #expect(endpoint.origin == origin)
        #expect(try TokenEndpoint(canonical) == endpoint)
    }

    @Test(
        arguments: [
            ("", .empty), ("https://a.example/ ", .space), (" https://a.example/", .space),
            ("https://a.example/\r\nX: y", .controlCharacter), ("https://a.example/\u{7F}", .controlCharacter),
            ("https://a\u{0}.example/", .controlCharacter), ("https://bücher.example/", .nonASCII),
            ("https://id.api.isogeo.com\\@127.0.0.1/", .backslash), ("https://a.example/#x", .fragment),
            ("https://a.example#@b.example/", .fragment), ("None/oauth/token", .noneForHost),
            ("//oauth/token", .hostMissing), ("https:///oauth/token", .hostMissing), ("https://:443/", .hostMissing),
            ("https://", .hostMissing), ("/oauth/token", .schemeMissing), ("oauth/token", .schemeMissing),
            ("id.api.isogeo.com/oauth/token", .schemeMissing), ("localhost:8080/token", .schemeMissing),
            ("https:/a.example/", .schemeMissing), ("javascript:alert(1)", .schemeMissing),
            ("ftp://a.example/", .unknownScheme), ("file:///etc/passwd", .unknownScheme),
            ("://a.example", .unknownScheme),
            ("http://id.api.isogeo.com/oauth/token", .plainHTTP), ("http://10.0.0.1/", .plainHTTP),
            ("http://localhost.example/", .plainHTTP), ("http://127.0.0.1.example/", .plainHTTP),
            ("http://[::2]/", .plainHTTP), ("http://[::ffff:127.0.0.1]/", .plainHTTP), ("http://0.0.0.0/", .plainHTTP),
            ("http://128.0.0.1/", .plainHTTP), ("https://user@a.example/", .userPart),
            ("https://user:pass@a.example/", .userPart), ("https://@a.example/", .userPart),
            ("https://a.example.:443/", .invalidHost), ("https://a..example/", .invalidHost),
            ("https://-a.example/", .invalidHost), ("https://a-/", .invalidHost),
            ("https://%31.example/", .invalidHost),
            ("https://127.1/", .invalidHost), ("http://127.1/", .invalidHost), ("https://0x7f.1/", .invalidHost),
            ("https://2130706433/", .invalidHost), ("https://a.0x7f/", .invalidHost),
            ("https://01.2.3.4/", .invalidHost),
            ("https://256.0.0.1/", .invalidHost), ("https://1.2.3.4.5/", .invalidHost), ("https://[::1/", .invalidHost),
            ("https://[fe80::1%25eth0]/", .invalidHost), ("https://[127.0.0.1]/", .invalidHost),
            ("https://[]/", .invalidHost),
            ("https://::1/", .invalidHost), ("https://a[b]/", .invalidHost), ("https://a,b/", .invalidHost),
            ("https://a.example:/", .invalidPort), ("https://a.example:0/", .invalidPort),
            ("https://a.example:65536/", .invalidPort), ("https://a.example:+80/", .invalidPort),
            ("https://a.example:8o/", .invalidPort), ("https://a.example:000080/", .invalidPort),
            ("https://id.api.isogeo.com//oauth/token", .doubledSlash), ("https://a.example/%", .invalidPath),
            ("https://a.example/%4", .invalidPath), ("https://a.example/%zz", .invalidPath),
            ("https://a.example/a/../b", .invalidPath), ("https://a.example/./b", .invalidPath),
            ("https://a.example/a/%2E%2e/b", .invalidPath), ("https://a.example/a/.%2e", .invalidPath),
            ("https://a.example/<x>", .invalidPath), ("https://a.example/\"x", .invalidPath),
            ("https://a.example/?a={b}", .invalidPath), ("https://a.example/a|b^c`d", .invalidPath),
        ] as [(String, EndpointProblem)]
    )
    func `what two readers could take differently is refused`(_ text: String, _ problem: EndpointProblem) {
        #expect(throws: OAuthError.endpoint(problem)) { try TokenEndpoint(text) }
    }

    @Test func `lengths are bounded`() throws {
        let start = "https://a.example/"
        let path = String(repeating: "a", count: TokenEndpoint.lengthLimit - start.utf8.count)
        #expect(try TokenEndpoint(start + path).canonicalText == start + path)
        #expect(throws: OAuthError.endpoint(.tooLong)) { try TokenEndpoint(start + path + "a") }
        let label = String(repeating: "a", count: 64)
        #expect(throws: OAuthError.endpoint(.invalidHost)) { try TokenEndpoint("https://\(label).example/") }
    }

    @Test func `this computer is told from every other`() throws {
        for text in ["http://localhost/", "https://127.255.0.1/", "http://[::1]/"] {
            #expect(try TokenEndpoint(text).isLoopback)
        }
        for text in ["https://localhost.example/", "https://a.localhost/", "https://128.0.0.1/", "https://[::]/"] {
            #expect(try !TokenEndpoint(text).isLoopback)
        }
    }

    @Test func `Isogeo's own endpoint is one that would be read`() throws {
        #expect(try TokenEndpoint("https://id.api.isogeo.com/oauth/token") == .isogeo)
        #expect(!TokenEndpoint.isogeo.isLoopback)
    }

    @Test func `a grant type in the query is noticed`() throws {
        #expect(try TokenEndpoint("https://a.example/t?x=1&grant_type=client_credentials").hasGrantTypeInQuery)
        #expect(try !TokenEndpoint("https://a.example/grant_type=x?mygrant_type=y").hasGrantTypeInQuery)
    }
}
