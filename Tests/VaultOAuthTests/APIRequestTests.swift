import Testing

@testable import VaultOAuth

/// Where an API lies, and what is asked of it.
struct APIRequestTests {
    private func url(_ path: String, _ query: [(name: String, value: String)] = [], at base: String) throws -> String {
        try APIRequest(path, query: query, at: APIBase(base)).url
    }

    @Test func `path and query stand behind the base, each value encoded`() throws {
        #expect(try url("/shares", at: "https://V1.api.isogeo.com/") == "https://v1.api.isogeo.com/shares")
        #expect(try url("/shares", at: "https://h.example/api/") == "https://h.example/api/shares")
        #expect(
            try url("/s", [("q", "a b+é&=/?#%~*")], at: "https://h")
                == "https://h/s?q=a%20b%2B%C3%A9%26%3D%2F%3F%23%25~%2A"
        )
        // What only looks like it is sent as it stands.
        #expect(try url("/..a/b..;c/%2Fd?/../e", at: "https://h") == "https://h/..a/b..;c/%2Fd?/../e")
        #expect(try url("/s?a=1", [("é", ""), ("c", "d")], at: "https://h") == "https://h/s?a=1&%C3%A9=&c=d")
    }

    @Test(
        arguments: [
            ("x", .relative), ("", .relative), ("https://e/x", .relative), ("@e/x", .relative), ("//e/x", .otherHost),
            ("/..", .dotSegment), ("/a/%2E%2e/b", .dotSegment), ("/a/./b", .dotSegment), ("/\\e", .character("\\")),
            ("/a b", .character(" ")), ("/a\n", .character("\n")), ("/\u{e9}", .character("\u{e9}")),
            ("/%4", .character("%")), ("/%e\u{e9}", .character("%")), ("/#", .character("#")),
            ("/..%2f..%2Fadmin", .dotSegment), ("/..%5cx", .dotSegment), ("/a/..;/x", .dotSegment),
            ("/.%2E%3Bx=1/y", .dotSegment), ("/%252e%252e/x", .dotSegment), ("/a%252F../x", .dotSegment),
            ("/" + String(repeating: "a", count: 9000), .tooLong),
        ] as [(String, APIRequestProblem)]
    ) func `what could lead elsewhere is refused`(path: String, problem: APIRequestProblem) {
        #expect(throws: problem) { try url(path, at: "https://h.example/api") }
    }

    @Test func `Isogeo's own API is known by whole hosts alone`() throws {
        func known(_ uri: String) throws -> String? { try APIBase.known(for: TokenEndpoint(uri))?.text }
        #expect(try known("https://id.api.isogeo.com/oauth/token") == "https://v1.api.isogeo.com")
        #expect(
            try known("https://ID.api.qa.isogeo.com//x".replacing("//x", with: "/x")) == "https://v1.api.qa.isogeo.com"
        )
        for uri in [
            "https://id.api.isogeo.com:8443/oauth/token", "https://evil.example/?id.api.isogeo.com",
            "https://id.api.isogeo.com.example/oauth/token", "https://xid.api.isogeo.com/t", "http://localhost/t",
        ] {
            #expect(try known(uri) == nil)
        }
    }

    @Test func `each problem is a sentence and a next step of its own`() {
        let characters: [Unicode.Scalar] = [" ", "\\", "%", "\n", "\u{202e}", "\u{e9}", "#"]
        let problems =
            [.relative, .otherHost, .dotSegment, .emptyName, .tooLong] as [APIRequestProblem]
            + characters.map { .character($0) }
        #expect(Set(problems.map(\.sentence)).count == problems.count)
        #expect(problems.last?.sentence == "The path contains what an address can't: #.")
        #expect(problems.allSatisfy { $0.sentence.hasSuffix(".") && $0.remedy.first?.isUppercase == true })
    }
}
