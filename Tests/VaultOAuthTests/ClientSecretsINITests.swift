import Testing
import VaultCrypto
import VaultTestSupport

@testable import VaultOAuth

@Suite struct ClientSecretsINITests {
    private static let pair = "CLIENT_ID = \(clientID)\nCLIENT_SECRET = \(canary)\n"

    private func problem(_ bytes: [UInt8]) -> ClientSecretsProblem? {
        do throws(OAuthError) {
            _ = try ClientSecretsFile(guarded(bytes))
            return nil
        } catch {
            #expect(!words(of: error).contains("CANARY") && error.category == .file)
            guard case .clientSecrets(let problem) = error else {
                Issue.record("another error: \(error)")
                return nil
            }
            return problem
        }
    }

    private func problem(_ text: String) -> ClientSecretsProblem? { problem(Array(text.utf8)) }

    @Test func `the SDK's file is read, with a word about it`() throws {
        let file = try ClientSecretsFile(
            guarded(
                """
                ; made by the SDK
                [auth]
                CLIENT_TYPE = group
                CLIENT_ID = \(clientID)
                CLIENT_SECRET = \(canary)
                URI_AUTH = https://id.api.isogeo.com/oauth/authorize
                URI_TOKEN = https://id.api.qa.isogeo.com/oauth/token
                URI_REDIRECT = urn:ietf:wg:oauth:2.0:oob

                [other]
                CLIENT_SECRET = of something else
                """
            )
        )
        let found = plain(file.secret)
        #expect(found == canary)
        #expect(file.clientID == clientID && file.warnings == [.iniFile])
        #expect(file.tokenURI == "https://id.api.qa.isogeo.com/oauth/token")
        #expect(
            file.metadata == .init(authURI: "https://id.api.isogeo.com/oauth/authorize", isogeoType: "group")
        )
    }

    @Test(arguments: [
        "[auth]\n\(pair)",
        "[auth]\r\nCLIENT_ID=\(clientID)\r\nCLIENT_SECRET=\(canary)\r\n",
        "\n\n[AUTH]\nclient_id:\(clientID)\nClient_Secret : \(canary)",
        "# a comment\n   ; another\n[auth]\n# between\n\n\(pair)",
        "[auth] ; behind\n\tCLIENT_ID\t=\t\(clientID)\t\n\tCLIENT_SECRET\t=\t\(canary)",
        "[first]\nCLIENT_SECRET = none\nno value at all\n  and so on\n[auth]\n\(pair)",
        "[auth]\nsomething = else\nsomething = else\n\(pair)[last]\nCLIENT_ID = none",
    ]) func `each way of writing it is read`(_ text: String) throws {
        let file = try ClientSecretsFile(guarded(text))
        let found = plain(file.secret)
        #expect(found == canary)
        #expect(file.clientID == clientID && file.tokenURI == nil)
        #expect(file.warnings == [.iniFile])
    }

    @Test(arguments: [
        "100%", "%(CLIENT_ID)s", #""quoted""#, "'quoted'", "a = b : c", "a;b", "a # b", #"back\slash\n"#, "[auth]", "é",
        "=", ":", "{\"web\": {}}",
    ]) func `a value stands for itself`(_ secret: String) throws {
        let file = try ClientSecretsFile(guarded("[auth]\nCLIENT_ID = a\nCLIENT_SECRET = \(secret)  \n"))
        let found = plain(file.secret)
        #expect(found == secret)
    }

    @Test func `a byte order mark is passed over`() throws {
        let file = try ClientSecretsFile(guarded("\u{FEFF}[auth]\n\(Self.pair)"))
        let found = plain(file.secret)
        #expect(found == canary && file.warnings == [.byteOrderMark, .iniFile])
    }

    @Test func `a redirect without a type is worth a word, as in JSON`() throws {
        let file = try ClientSecretsFile(guarded("[auth]\n\(Self.pair)URI_REDIRECT = http://localhost\n"))
        #expect(file.warnings == [.iniFile, .redirectURIs])
    }

    @Test(
        arguments: [
            ("[auth]\nCLIENT_TYPE = user\n\(pair)", .userApplication),
            ("[auth]\nCLIENT_TYPE = USER_private\n\(pair)", .userApplication),
            ("[section]\n\(pair)", .iniFile), ("[Auth-2]\n\(pair)", .iniFile), ("; c\n[x.y z]\n", .iniFile),
            ("[true ]", .notAnObject),
            ("# \(canary)", .notJSON(.init(reason: .unexpectedCharacter, line: 1, column: 1))),
            ("[auth]\n", .missing(.clientID)), ("[auth]\nCLIENT_SECRET = \(canary)", .missing(.clientID)),
            ("[auth]\nCLIENT_ID = \(clientID)\n", .missing(.clientSecret)),
            ("[auth]\nCLIENT_ID = \(clientID)\nCLIENT_SECRET =\n", .empty(.clientSecret)),
            ("[auth]\nCLIENT_ID =\nCLIENT_SECRET = \(canary)\n", .empty(.clientID)),
            (
                "[auth]\nCLIENT_ID = \(clientID)\nCLIENT_SECRET = <client_secret>",
                .placeholder(.clientSecret, .template)
            ),
            (
                "[auth]\nCLIENT_ID = \(clientID)\nCLIENT_SECRET = \(canary)\u{1B}",
                .character(.clientSecret, .init("\u{1B}", at: 65))
            ),
            (
                "[auth]\nCLIENT_ID = \(clientID)\nCLIENT_SECRET = \(canary)\0x",
                .character(.clientSecret, .init("\0", at: 65))
            ),
            ("[auth]\nCLIENT_ID = \(clientID)\nCLIENT_SECRET = a\rb", .character(.clientSecret, .init("\r", at: 2))),
            ("[auth]\n\(pair)CLIENT_SECRET = \(canary)\n", .iniLine(4, .repeatedName)),
            ("[auth]\r\n\r\n\(pair)client_id: \(canary)\n", .iniLine(5, .repeatedName)),
            ("[auth]\n\(pair)[other]\n[auth]\n", .iniLine(5, .repeatedSection)),
            ("[auth]\n\(pair)  \(canary)\n", .iniLine(4, .continuation)),
            ("[auth]\n\(pair)\n\n# c\n  more = \(canary)\n", .iniLine(7, .continuation)),
            ("[auth]\n\(pair)  [other]\n", .iniLine(4, .continuation)),
            ("[auth]\n\(canary)\n", .iniLine(2, .noValue)), ("[auth]\n= \(canary)\n", .iniLine(2, .noValue)),
        ] as [(String, ClientSecretsProblem)]
    )
    func `each wrong file is told apart, and none is quoted`(_ text: String, _ expected: ClientSecretsProblem) {
        #expect(problem(text) == expected)
    }

    @Test func `values that are no UTF-8 are named`() {
        #expect(problem(Array("[auth]\nCLIENT_ID = a\nCLIENT_SECRET = ".utf8) + [0xE9]) == .notUTF8(.clientSecret))
        #expect(problem(Array("[auth]\nCLIENT_SECRET = a\nCLIENT_ID = ".utf8) + [0xE9]) == .notUTF8(.clientID))
    }

    @Test func `letters of another encoding may stand in a comment`() throws {
        let file = try ClientSecretsFile(guarded(Array("# cl".utf8) + [0xE9] + Array("\n[auth]\n\(Self.pair)".utf8)))
        let found = plain(file.secret)
        #expect(found == canary)
    }

    @Test func `sizes are bounded as they are in JSON`() {
        let long = String(repeating: "x", count: 4097)
        #expect(problem("[auth]\nCLIENT_ID = a\nCLIENT_SECRET = \(long)") == .tooLong(.clientSecret))
        #expect(problem("[auth]\nCLIENT_SECRET = a\nCLIENT_ID = \(long)") == .tooLong(.clientID))
    }

    @Test func `no problem of a line tells the line`() {
        for reason in INILineProblem.allCases {
            #expect(
                ClientSecretsProblem.iniLine(7, reason).sentence
                    == "Line 7 of the INI file can't be read: \(reason.phrase)."
            )
        }
    }

    // MARK: - From elsewhere

    @Test func `a credential that comes from elsewhere is held to the same`() throws {
        let file = try ClientSecretsFile(clientID: clientID, secret: guarded(canary), tokenURI: "https://a.example/t")
        let found = plain(file.secret)
        #expect(found == canary)
        #expect(file.clientID == clientID && file.tokenURI == "https://a.example/t" && file.warnings.isEmpty)
    }

    @Test(
        arguments: [
            ("", Array(canary.utf8), .empty(.clientID)), (clientID, [], .empty(.clientSecret)),
            ("your_client_id", Array(canary.utf8), .placeholder(.clientID, .template)),
            ("a\u{202E}b", Array(canary.utf8), .character(.clientID, .init("\u{202E}", at: 2))),
            (clientID, Array("\(canary)\n".utf8), .character(.clientSecret, .init("\n", at: 65))),
            (clientID, Array(canary.utf8) + [0xFF], .notUTF8(.clientSecret)),
            (clientID, [0], .character(.clientSecret, .init("\0", at: 1))),
            (clientID, [UInt8](repeating: 0x78, count: 4097), .tooLong(.clientSecret)),
        ] as [(String, [UInt8], ClientSecretsProblem)]
    )
    func `what wouldn't do in a file won't do from elsewhere`(
        _ id: String,
        _ secret: [UInt8],
        _ expected: ClientSecretsProblem
    ) {
        #expect(throws: OAuthError.clientSecrets(expected)) {
            _ = try ClientSecretsFile(clientID: id, secret: guarded(secret), tokenURI: nil)
        }
        #expect(expected.fault.map { expected.sentence == "The file's \($0.member.rawValue) \($0.phrase)." } == true)
    }
}
