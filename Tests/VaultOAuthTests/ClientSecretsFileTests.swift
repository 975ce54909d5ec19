import Testing
import VaultCrypto

@testable import VaultOAuth

@Suite struct ClientSecretsFileTests {
    private static let id = #""client_id":"\#(clientID)""#
    private static let pair = #"\#(id),"client_secret":"\#(canary)""#
    private static let uris =
        #""auth_uri":"https://id.api.isogeo.com/oauth/authorize","token_uri":"https://id.api.isogeo.com/oauth/token""#

    private func problem(_ bytes: [UInt8]) -> ClientSecretsProblem? {
        do throws(OAuthError) {
            _ = try ClientSecretsFile(guarded(bytes))
            return nil
        } catch {
            #expect(!words(of: error).contains(canary))
            #expect(!words(of: error).contains("CANARY"))
            #expect(error.category == .file)
            guard case .clientSecrets(let problem) = error else {
                Issue.record("another error: \(error)")
                return nil
            }
            return problem
        }
    }

    private func problem(_ text: String) -> ClientSecretsProblem? { problem(Array(text.utf8)) }

    private func warnings(_ text: String) throws -> [ClientSecretsWarning] {
        let file = try ClientSecretsFile(guarded(text))
        for warning in file.warnings { #expect(!"\(warning) \(warning.sentence)".contains(canary)) }
        return file.warnings
    }

    @Test func `the page's own sample is read, with a word about its shape`() throws {
        let secret = "application-secret-1a2b3c4d5e6f7g8h9i0j11k12l13m14n15o16p17Q18rS"
        let id = "python-minimalist-sdk-test-uuid-1a2b3c4d5e6f7g8h9i0j11k12l"
        let file = try ClientSecretsFile(
            guarded(
                """
                {
                "web": {
                    "client_id": "\(id)",
                    "client_secret": "\(secret)",
                    "auth_uri": "https://id.api.isogeo.com/oauth/authorize",
                    "token_uri": "https://id.api.isogeo.com/oauth/token"
                    }
                }
                """
            )
        )
        #expect(file.clientID == id)
        let found = plain(file.secret)
        #expect(found == secret)
        #expect(file.metadata.authURI == "https://id.api.isogeo.com/oauth/authorize")
        let endpoint = try file.tokenEndpoint()
        #expect(endpoint == .isogeo)
        #expect(
            file.warnings == [.unusualShape(.clientID)]
                + (secret.utf8.count == 64 ? [] : [.unusualShape(.clientSecret)])
        )
    }

    @Test func `a file of today is read without a warning`() throws {
        let file = try ClientSecretsFile(
            guarded(
                """
                {"web":{\(Self.pair),\(Self.uris),"scopes":["resources:read"],"kind":"public","isogeo_type":"group",
                "isogeo_staff":false,"project_id":"p","universe_domain":"x","something":[{}]}}
                """
            )
        )
        #expect(file.warnings.isEmpty)
        let found = plain(file.secret)
        #expect(found == canary)
        #expect(
            file.metadata
                == .init(
                    authURI: "https://id.api.isogeo.com/oauth/authorize",
                    scopes: ["resources:read"],
                    kind: "public",
                    isogeoType: "group",
                    projectID: "p"
                )
        )
    }

    @Test(arguments: [
        #"{"web":{\#(pair),\#(uris)}}"#,
        #"{"web":{\#(pair),"token_uri":"https://id.api.qa.isogeo.com/oauth/token","isogeo_type":"group"}}"#,
        #"{"installed":{\#(pair),\#(uris),"isogeo_type":"group"}}"#,
        #"{"web":{\#(pair),"token_uri":null,"auth_uri":null,"scopes":null,"kind":null}}"#,
        #"{"web":{\#(pair),"scopes":"resources:read other","redirect_uris":[]}}"#,
        #"{"web":{\#(pair),"javascript_origins":["https://a.example"],"revoke_uri":1},"comment":"beside"}"#,
    ]) func `each layout of a group application is read`(_ layout: String) throws {
        let file = try ClientSecretsFile(guarded(layout))
        #expect(file.clientID == clientID)
        let found = plain(file.secret)
        #expect(found == canary)
        #expect(file.warnings.isEmpty)
    }

    @Test func `without a token_uri Isogeo's is meant`() throws {
        let file = try ClientSecretsFile(guarded("{\"web\":{\(Self.pair)}}"))
        #expect(file.tokenURI == nil)
        let endpoint = try file.tokenEndpoint()
        #expect(endpoint == .isogeo)
    }

    @Test func `escapes in the secret are undone`() throws {
        let file = try ClientSecretsFile(guarded(#"{"web":{\#(Self.id),"client_secret":"a\"\\\/\u00e9%"}}"#))
        let found = plain(file.secret)
        #expect(found == "a\"\\/é%")
    }

    @Test(
        arguments: [
            ("//oauth/token", .hostMissing), ("None/oauth/token", .noneForHost), ("", .empty),
            ("https://id.api.isogeo.com//oauth/token", .doubledSlash),
            ("http://id.api.isogeo.com/oauth/token", .plainHTTP),
            (#"https://id.api.isogeo.com\\@127.0.0.1/"#, .backslash), (#"https://a.example/\u0007"#, .controlCharacter),
        ] as [(String, EndpointProblem)]
    )
    func `a broken token_uri is kept, so that one given by hand can take its place`(
        _ uri: String,
        _ problem: EndpointProblem
    ) throws {
        let file = try ClientSecretsFile(guarded(#"{"web":{\#(Self.pair),"token_uri":"\#(uri)"}}"#))
        #expect(file.tokenURI != nil)
        #expect(file.warnings.contains(.unusableTokenURI(problem)))
        let kept = file.tokenURI
        let uri = try #require(kept)
        #expect(throws: OAuthError.endpoint(problem)) { try TokenEndpoint(uri) }
    }

    // MARK: - Warnings

    @Test func `odd files are read with a warning`() throws {
        let group = #""isogeo_type":"group""#
        #expect(try warnings("\u{FEFF}{\"web\":{\(Self.pair),\(group)}}") == [.byteOrderMark])
        #expect(try warnings(#"{"web":{\#(Self.pair),"redirect_uris":["http://localhost"]}}"#) == [.redirectURIs])
        #expect(try warnings(#"{"web":{\#(Self.pair),"isogeo_type":"robot"}}"#) == [.unknownIsogeoType])
        let loopback = #""token_uri":"http://127.0.0.1:8080/token?grant_type=client_credentials""#
        #expect(try warnings("{\"web\":{\(Self.pair),\(loopback)}}") == [.plainHTTP, .grantTypeInQuery])
        #expect(
            try warnings(#"{"web":{"client_id":"é","client_secret":" ü","token_uri":"https://a.example/"}}"#)
                == [.nonASCII(.clientID), .nonASCII(.clientSecret), .surroundingSpace(.clientSecret)]
        )
        #expect(
            try warnings(#"{"web":{"client_id":"a","client_secret":"b"}}"#)
                == [.unusualShape(.clientID), .unusualShape(.clientSecret)]
        )
    }

    @Test func `another server's credential may have any shape`() throws {
        let uri = #""token_uri":"https://notisogeo.com/""#
        #expect(try warnings(#"{"web":{"client_id":"a","client_secret":"b",\#(uri)}}"#).isEmpty)
    }

    // MARK: - What else people take for one

    @Test(
        arguments: [
            (" \n", .emptyFile),
            ("[other]\nCLIENT_ID = \(clientID)\nCLIENT_SECRET = \(canary)\n", .iniFile),
            (#"[{"web":{\#(pair)}}]"#, .notAnObject), ("[true]", .notAnObject), (#""\#(canary)""#, .notAnObject),
            (#"\#(pair)}}"#, .headCutOff), ("{\(pair)}", .headCutOff),
            (#"{"_id":"x","name":"n","url":"u",\#(pair)}"#, .apiEntity),
            (#"{"type":"service_account","private_key":"\#(canary)","client_id":"1"}"#, .serviceAccount),
            (#"{"type":"authorized_user","refresh_token":"\#(canary)",\#(pair)}"#, .authorizedUser),
            ("{}", .noApplication), (#"{"Web":{\#(pair)}}"#, .noApplication),
            (#"{"web":{\#(pair)},"installed":{\#(pair)}}"#, .severalApplications),
            (#"{"web":"\#(canary)"}"#, .wrongType(.web)), (#"{"installed":[]}"#, .wrongType(.installed)),
            (#"{"installed":{\#(pair),"redirect_uris":["urn:ietf:wg:oauth:2.0:oob"]}}"#, .userApplication),
            (#"{"installed":{\#(pair),"scopes":["api:read"],"isogeo_type":"user"}}"#, .userApplication),
            (#"{"web":{\#(pair),"redirect_uris":["http://localhost"],"isogeo_type":"user"}}"#, .userApplication),
            (#"{"web":{"client_secret":"\#(canary)"}}"#, .missing(.clientID)),
            ("{\"web\":{\(id)}}", .missing(.clientSecret)),
            (#"{"web":{"client_id":null,"client_secret":"\#(canary)"}}"#, .missing(.clientID)),
            (#"{"web":{\#(id),"client_secret":null}}"#, .missing(.clientSecret)),
            (#"{"web":{"client_id":"","client_secret":"\#(canary)"}}"#, .empty(.clientID)),
            (#"{"web":{\#(id),"client_secret":""}}"#, .empty(.clientSecret)),
            (#"{"web":{"client_id":7,"client_secret":"\#(canary)"}}"#, .wrongType(.clientID)),
            (#"{"web":{\#(id),"client_secret":["\#(canary)"]}}"#, .wrongType(.clientSecret)),
            (#"{"web":{\#(pair),"auth_uri":7}}"#, .wrongType(.authURI)),
            (#"{"web":{\#(pair),"token_uri":{}}}"#, .wrongType(.tokenURI)),
            (#"{"web":{\#(pair),"scopes":{}}}"#, .wrongType(.scopes)),
            (#"{"web":{\#(pair),"scopes":[1]}}"#, .wrongType(.scopes)),
            (#"{"web":{\#(pair),"scopes":["a\n"]}}"#, .controlCharacter(.scopes)),
            (#"{"web":{\#(pair),"kind":true}}"#, .wrongType(.kind)),
            (#"{"web":{\#(pair),"isogeo_type":1}}"#, .wrongType(.isogeoType)),
            (#"{"web":{\#(pair),"project_id":1}}"#, .wrongType(.projectID)),
            (#"{"web":{\#(pair),"kind":"\u001b[31m"}}"#, .controlCharacter(.kind)),
            (#"{"web":{"client_id":"a\r\nX: y","client_secret":"\#(canary)"}}"#, .controlCharacter(.clientID)),
            (#"{"web":{"client_id":"a\u202eb","client_secret":"\#(canary)"}}"#, .controlCharacter(.clientID)),
            (#"{"web":{\#(id),"client_secret":"\#(canary)\n"}}"#, .controlCharacter(.clientSecret)),
            (#"{"web":{\#(id),"client_secret":"\#(canary)\u0085"}}"#, .controlCharacter(.clientSecret)),
            (#"{"web":{\#(id),"client_secret":"[[INSERT CLIENT SECRET HERE]]"}}"#, .placeholder(.clientSecret)),
            (#"{"web":{"client_id":"[[INSERT CLIENT ID HERE]]","client_secret":"x"}}"#, .placeholder(.clientID)),
            (#"{"web":{\#(id),"client_secret":"YOUR_CLIENT_SECRET"}}"#, .placeholder(.clientSecret)),
            (#"{"web":{"client_id":"{client_id}","client_secret":"x"}}"#, .placeholder(.clientID)),
        ] as [(String, ClientSecretsProblem)]
    )
    func `each wrong file is told apart, and none is quoted`(_ text: String, _ expected: ClientSecretsProblem) {
        #expect(problem(text) == expected)
    }

    @Test func `a file that isn't JSON says where`() {
        let comma = StrictJSON.Failure(reason: .trailingComma, line: 2, column: Self.pair.count + 3)
        #expect(problem("{\"web\":\n{\(Self.pair),}}") == .notJSON(comma))
        #expect(problem("CLIENT_SECRET=\(canary)") == .notJSON(.init(reason: .unexpectedCharacter, line: 1, column: 1)))
        let duplicate = problem(#"{"web":{\#(Self.pair),"client_secret":"\#(canary)"}}"#)
        guard case .notJSON(let failure) = duplicate else {
            Issue.record("no failure")
            return
        }
        #expect(failure.reason == .duplicateKey)
    }

    @Test func `UTF-16 is named`() {
        let text = "{\"web\":{\(Self.pair)}}"
        let littleEndian = text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        let bigEndian = text.utf16.flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }
        #expect(problem([0xFF, 0xFE] + littleEndian) == .utf16)
        #expect(problem([0xFE, 0xFF] + bigEndian) == .utf16)
        #expect(problem(littleEndian) == .utf16)
        #expect(problem(bigEndian) == .utf16)
    }

    @Test func `sizes are bounded`() {
        let limit = ClientSecretsFile.sizeLimit
        #expect(problem([UInt8](repeating: 0x20, count: limit + 1)) == .tooLarge(limit: limit))
        #expect(problem([]) == .emptyFile)
        let long = String(repeating: "x", count: 4097)
        #expect(problem(#"{"web":{\#(Self.id),"client_secret":"\#(long)"}}"#) == .tooLong(.clientSecret))
        #expect(problem(#"{"web":{"client_id":"\#(long)","client_secret":"x"}}"#) == .tooLong(.clientID))
        #expect(problem(#"{"web":{\#(Self.pair),"token_uri":"\#(long)"}}"#) == .tooLong(.tokenURI))
    }

    @Test func `nothing that is cut off anywhere is taken for whole`() {
        let whole = Array(#"{"web":{\#(Self.pair),\#(Self.uris)}}"#.utf8)
        #expect(problem(whole) == nil)
        for count in 0..<whole.count { #expect(problem(Array(whole[..<count])) != nil, "\(count) bytes") }
    }
}
