import Testing
import VaultCrypto

@testable import VaultOAuth

@Suite struct BasicCredentialsTests {
    private func header(_ id: String, _ secret: String, _ encoding: BasicEncoding = .raw) throws -> String {
        try BasicCredentials(clientID: id, secret: guarded(secret), encoding: encoding).withHeader { plain($0) }
    }

    @Test(arguments: [
        ("Aladdin", "open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        ("test", "123£", "dGVzdDoxMjPCow=="),
        ("s6BhdRkqt3", "7Fjfp0ZBr1KtDRbnfVdmIw", "czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3"),
        ("s6BhdRkqt3", "gX1fBat3bV", "czZCaGRSa3F0MzpnWDFmQmF0M2JW"),
        (
            "python-minimalist-sdk-test-uuid-1a2b3c4d5e6f7g8h9i0j11k12l",
            "application-secret-1a2b3c4d5e6f7g8h9i0j11k12l13m14n15o16p17Q18rS",
            "cHl0aG9uLW1pbmltYWxpc3Qtc2RrLXRlc3QtdXVpZC0xYTJiM2M0ZDVlNmY3ZzhoOWkwajExazEybDphcHBsaWNhdGlvbi1zZWNyZXQt"
                + "MWEyYjNjNGQ1ZTZmN2c4aDlpMGoxMWsxMmwxM20xNG4xNW8xNnAxN1ExOHJT"
        ),
    ]) func `the header is that of the RFCs and of Isogeo's page`(_ id: String, _ secret: String, _ encoded: String)
        throws
    {
        #expect(try header(id, secret) == "Authorization: Basic \(encoded)")
    }

    @Test func `form encoding is that of RFC 6749's Appendix B`() throws {
        // Base64 of a:+%25%26%2B%C2%A3%E2%82%AC
        #expect(try header("a", " %&+£€", .form) == "Authorization: Basic YTorJTI1JTI2JTJCJUMyJUEzJUUyJTgyJUFD")
        // a%3Ab:~ becomes %7E
        #expect(try header("a:b", "~", .form) == "Authorization: Basic YSUzQWI6JTdF")
        let encoded = plain(FormEncoding.encode(secret: Array("AZaz09-._*~!/é".utf8).span))
        #expect(encoded == "AZaz09-._*%7E%21%2F%C3%A9")
    }

    @Test func `both encodings agree where nothing needs encoding`() throws {
        #expect(try header(clientID, canary, .form) == (try header(clientID, canary, .raw)))
        for (id, secret, matters) in [(clientID, canary, false), ("a b", "x", true), ("a", "x+", true)] {
            let found = BasicCredentials.encodingMatters(clientID: id, secret: guarded(secret))
            #expect(found == matters)
        }
    }

    @Test(
        arguments: [
            ("a:b", "x", .raw, .colonInClientID), ("", "x", .raw, .emptyClientID), ("a", "", .raw, .emptySecret),
            ("a\r\nX-Evil: 1", "x", .form, .controlCharacterInClientID),
            ("a\u{9B}", "x", .raw, .controlCharacterInClientID),
            ("a", "x\u{0}", .raw, .controlCharacterInSecret), ("a", "x\u{7F}", .form, .controlCharacterInSecret),
        ] as [(String, String, BasicEncoding, CredentialsProblem)]
    )
    func `what can't be sent is refused`(
        _ id: String,
        _ secret: String,
        _ encoding: BasicEncoding,
        _ problem: CredentialsProblem
    ) {
        #expect(throws: OAuthError.credentials(problem)) {
            _ = try BasicCredentials(clientID: id, secret: guarded(secret), encoding: encoding)
        }
    }

    @Test func `a colon in the secret is no hindrance, and one in the client_id names the way out`() throws {
        #expect(try header("a", "b:c") == "Authorization: Basic YTpiOmM=")
        #expect(CredentialsProblem.colonInClientID.remedy.contains("form"))
    }

    @Test func `the header for C ends with a NUL, and the pair stands alone`() throws {
        let credentials = try BasicCredentials(clientID: "a", secret: guarded("b"), encoding: .raw)
        let header = credentials.withTerminatedHeader { plain($0) }
        #expect(header == "Authorization: Basic YTpi\0")
        let pair = credentials.withEncodedPair { plain($0) }
        #expect(pair == "YTpi")
    }
}
