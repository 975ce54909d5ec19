import Testing

@testable import VaultOAuth

@Suite struct TokenRequestTests {
    private func body(_ scope: String?, _ parameters: [(String, String)] = []) throws -> String {
        let parameters = parameters.map { TokenRequest.Parameter(name: $0.0, value: $0.1) }
        let request = try TokenRequest(endpoint: .isogeo, scope: scope, parameters: parameters)
        return String(decoding: request.body, as: UTF8.self)
    }

    @Test func `the body says no more than it must`() throws {
        #expect(try body(nil) == "grant_type=client_credentials")
    }

    @Test func `scope and parameters follow, form-encoded and in order`() throws {
        #expect(
            try body(
                "resources:read b",
                [("audience", "https://a.example/é"), ("x y", ""), ("resource", "&="), ("resource", "2")]
            )
                == "grant_type=client_credentials&scope=resources%3Aread+b&audience=https%3A%2F%2Fa.example%2F%C3%A9"
                + "&x+y=&resource=%26%3D&resource=2"
        )
    }

    @Test(arguments: ["", " ", "a  b", " a", "a ", "a\"b", "a\\b", "é", "a\nb", "a\tb"])
    func `a scope that RFC 6749 doesn't know is refused`(_ scope: String) {
        #expect(throws: OAuthError.parameters(.invalidScope)) { try body(scope) }
    }

    @Test(arguments: ReservedParameter.allCases)
    func `no parameter takes the grant's place`(_ parameter: ReservedParameter) {
        #expect(throws: OAuthError.parameters(.reserved(parameter))) { try body(nil, [(parameter.rawValue, canary)]) }
    }

    @Test func `other parameters that can't be sent are refused`() {
        #expect(throws: OAuthError.parameters(.emptyName)) { try body(nil, [("", "x")]) }
        #expect(throws: OAuthError.parameters(.controlCharacter)) { try body(nil, [("a\n", "x")]) }
        #expect(throws: OAuthError.parameters(.repeated)) { try body(nil, [("a", "1"), ("a", "1")]) }
        let limit = TokenRequest.sizeLimit
        #expect(throws: OAuthError.parameters(.tooLong(limit: limit))) {
            try body(nil, [("a", String(repeating: "x", count: limit))])
        }
    }

    @Test func `a wrong parameter is the caller's fault`() {
        #expect(OAuthError.parameters(.repeated).category == .usage)
    }
}
