import Foundation
import Testing
import VaultCrypto
import VaultTestSupport

@testable import VaultOAuth

@Suite struct ClientSecretsWriterTests {
    @Test func `the page's layout is written, with what there is and nothing else`() {
        let writer = ClientSecretsWriter(clientID: "id", tokenURI: "https://id.example/oauth/token")
        #expect(
            plain(writer.json(secret: guarded("secret"))) == """
                {
                  "web": {
                    "client_id": "id",
                    "client_secret": "secret",
                    "token_uri": "https://id.example/oauth/token"
                  }
                }

                """
        )
    }

    @Test func `what is known beside stands where Isogeo's own files have it`() {
        let metadata = ClientSecretsFile.Metadata(
            authURI: "https://id.example/oauth/authorize",
            scopes: ["resources:read", "other"],
            kind: "public",
            isogeoType: "group",
            projectID: "p"
        )
        let writer = ClientSecretsWriter(clientID: "id", tokenURI: nil, metadata: metadata)
        #expect(
            plain(writer.json(secret: guarded("secret"))) == """
                {
                  "web": {
                    "client_id": "id",
                    "client_secret": "secret",
                    "auth_uri": "https://id.example/oauth/authorize",
                    "scopes": ["resources:read", "other"],
                    "kind": "public",
                    "isogeo_type": "group",
                    "project_id": "p"
                  }
                }

                """
        )
    }

    @Test(arguments: [
        #"""#, #"\"#, #"\\""\"#, #"\u0041\n"#, "/", "é", "日本語", "👩", "%41 %s %", "' '", "{}[],:", "\u{7E}",
        " between spaces ", String(repeating: "\"", count: 4096), String(repeating: "é", count: 2048), canary,
    ])
    func `each secret is read back as it was`(_ secret: String) throws {
        let written = ClientSecretsWriter(clientID: "client \"é\"", tokenURI: nil).json(secret: guarded(secret))
        let file = try ClientSecretsFile(SecretBytes(copying: written.revealed.span))
        let (found, id) = (file.secret.revealed, file.clientID)
        #expect(found == Array(secret.utf8))
        #expect(id == "client \"é\"")
    }

    @Test(arguments: 0..<64) func `what is written is read back equal, whatever it is made of`(_ round: Int) throws {
        var random = Xorshift(state: UInt64(round) &* 0x9E37_79B9_7F4A_7C15 | 1)
        func text(_ limit: Int) -> String { random.text(Int.random(in: 1...limit, using: &random)) }
        func ascii(_ limit: Int) -> String { text(limit).filter(\.isASCII) }
        // A scope holds neither spaces nor what would have to be escaped (RFC 6749 §3.3).
        func scope() -> String { "s" + ascii(20).filter { !" \"\\".contains($0) } }
        let metadata = ClientSecretsFile.Metadata(
            authURI: ascii(80),
            scopes: (0..<round % 4).map { _ in scope() },
            kind: round % 2 == 0 ? ascii(20) : nil,
            isogeoType: round % 3 == 0 ? "group" : nil,
            projectID: round % 5 == 0 ? ascii(20) : nil
        )
        let (id, uri, secret) = (text(100), text(200), text(1000))
        let written = ClientSecretsWriter(clientID: id, tokenURI: uri, metadata: metadata).json(secret: guarded(secret))
        let content = written.revealed
        let file = try ClientSecretsFile(SecretBytes(copying: content.span))
        let found = (id: file.clientID, uri: file.tokenURI, secret: plain(file.secret), metadata: file.metadata)
        #expect(found.id == id && found.uri == uri && found.secret == secret)
        #expect(found.metadata == metadata)
        // Another reader of JSON, which shares no line with ours.
        let root = try #require(try JSONSerialization.jsonObject(with: Data(content)) as? [String: [String: Any]])
        #expect(root["web"]?["client_secret"] as? String == secret)
        #expect(root["web"]?["client_id"] as? String == id)
    }

    @Test func `control characters are escaped, as JSON wants it`() throws {
        let control = String(decoding: (1..<0x20).map { UInt8($0) }, as: UTF8.self)
        let written = plain(ClientSecretsWriter(clientID: "id", tokenURI: nil).json(secret: guarded(control)))
        #expect(written.contains(#"\u0001\u0002"#) && written.contains(#"\u000a"#) && written.contains(#"\u001f"#))
        let root = try JSONSerialization.jsonObject(with: Data(written.utf8)) as? [String: [String: Any]]
        #expect(root?["web"]?["client_secret"] as? String == control)
    }
}

/// Numbers that look random and are the same in each run.
private struct Xorshift: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    /// Letters that may stand in a credential, those that JSON escapes more often than others.
    mutating func text(_ count: Int) -> String {
        let odd = Array("\"\\/{}[]:,%'`$ éß€日😀\u{301}".unicodeScalars)
        var scalars = String.UnicodeScalarView()
        for _ in 0..<count {
            let pick = Int(next() % 64)
            scalars.append(pick < odd.count ? odd[pick] : Unicode.Scalar(UInt8(0x21 + next() % 94)))
        }
        return String(scalars)
    }
}
