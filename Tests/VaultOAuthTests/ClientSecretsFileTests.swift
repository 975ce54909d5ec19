import Foundation
import Testing
import VaultCrypto
import VaultTestSupport

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
            (#"{"web":{\#(pair),"scopes":["a\n"]}}"#, .character(.scopes, .init("\n", at: 2))),
            (#"{"web":{\#(pair),"kind":true}}"#, .wrongType(.kind)),
            (#"{"web":{\#(pair),"isogeo_type":1}}"#, .wrongType(.isogeoType)),
            (#"{"web":{\#(pair),"project_id":1}}"#, .wrongType(.projectID)),
            (#"{"web":{\#(pair),"kind":"\u001b[31m"}}"#, .character(.kind, .init("\u{1B}", at: 1))),
            (
                #"{"web":{"client_id":"a\r\nX: y","client_secret":"\#(canary)"}}"#,
                .character(.clientID, .init("\r", at: 2))
            ),
            (
                #"{"web":{"client_id":"a\u202eb","client_secret":"\#(canary)"}}"#,
                .character(.clientID, .init("\u{202E}", at: 2))
            ),
            (#"{"web":{\#(id),"client_secret":"\#(canary)\n"}}"#, .character(.clientSecret, .init("\n", at: 65))),
            (
                #"{"web":{\#(id),"client_secret":"\#(canary)\u0085"}}"#,
                .character(.clientSecret, .init("\u{85}", at: 65))
            ),
            (
                #"{"web":{\#(id),"client_secret":"[[INSERT CLIENT SECRET HERE]]"}}"#,
                .placeholder(.clientSecret, .template)
            ),
            (
                #"{"web":{"client_id":"[[INSERT CLIENT ID HERE]]","client_secret":"x"}}"#,
                .placeholder(.clientID, .template)
            ),
            (#"{"web":{\#(id),"client_secret":"YOUR_CLIENT_SECRET"}}"#, .placeholder(.clientSecret, .template)),
            (#"{"web":{"client_id":"{client_id}","client_secret":"x"}}"#, .placeholder(.clientID, .template)),
        ] as [(String, ClientSecretsProblem)]
    )
    func `each wrong file is told apart, and none is quoted`(_ text: String, _ expected: ClientSecretsProblem) {
        #expect(problem(text) == expected)
    }

    // MARK: - One rule for every text

    @Test(
        arguments: [
            (#""scopes":"a\u001b]0;x\u0007""#, .character(.scopes, .init("\u{1B}", at: 2))),
            (#""scopes":["a\u001b]0;x\u0007"]"#, .character(.scopes, .init("\u{1B}", at: 2))),
            (#""scopes":"a b\u00a0c""#, .character(.scopes, .init("\u{A0}", at: 4))),
            (#""scopes":["r","é"]"#, .character(.scopes, .init("é", at: 1))),
            (#""scopes":"a\"b""#, .character(.scopes, .init("\"", at: 2))),
            (#""scopes":["a\\"]"#, .character(.scopes, .init("\\", at: 2))),
            (#""kind":"a\u202e""#, .character(.kind, .init("\u{202E}", at: 2))),
            (#""isogeo_type":"group\u200b""#, .character(.isogeoType, .init("\u{200B}", at: 6))),
            (#""project_id":"\u007f""#, .character(.projectID, .init("\u{7F}", at: 1))),
            (#""auth_uri":"https://a.example/é""#, .character(.authURI, .init("é", at: 19))),
        ] as [(String, ClientSecretsProblem)]
    )
    func `no text has other characters than its RFC gives it, in a string or in a list`(
        _ member: String,
        _ expected: ClientSecretsProblem
    ) {
        #expect(problem("{\"web\":{\(Self.pair),\(member)}}") == expected)
    }

    @Test func `spaces separate scopes in a list too, and their number has a bound`() throws {
        let file = try ClientSecretsFile(guarded(#"{"web":{\#(Self.pair),"scopes":["a b"," c",""]}}"#))
        #expect(file.metadata.scopes == ["a", "b", "c"])
        let many = Array(repeating: "\"scope\"", count: 1000).joined(separator: ",")
        #expect(problem("{\"web\":{\(Self.pair),\"scopes\":[\(many)]}}") == .tooLong(.scopes))
    }

    @Test(arguments: ["\u{A0}", "\u{200B}", "\u{FEFF}", "\u{FE0F}", "\u{2003}", "\u{2028}", "\u{AD}", "\u{3164}"])
    func `a character that can't be seen is named, with its place`(_ text: String) throws {
        let character = try #require(text.unicodeScalars.first)
        let id = #""client_id":"a\#(text)b""#
        #expect(
            problem(#"{"web":{\#(Self.id),"client_secret":"\#(canary)\#(text)"}}"#)
                == .character(.clientSecret, .init(character, at: 65))
        )
        #expect(
            problem(#"{"web":{\#(id),"client_secret":"\#(canary)"}}"#) == .character(.clientID, .init(character, at: 2))
        )
    }

    @Test func `a character has a number and a name`() {
        let problem = ClientSecretsProblem.character(.clientSecret, .init("\u{A0}", at: 64))
        #expect(problem.sentence == "The file's client_secret contains U+00A0 (no-break space) as character 64.")
        #expect(problem.remedy.hasPrefix("Remove it"))
        #expect(
            ClientSecretsProblem.character(.kind, .init("\u{1B}", at: 1)).sentence
                == "The file's kind contains U+001B (escape) as character 1."
        )
    }

    @Test(
        arguments: [
            ("ENC[AES256_GCM,data:abc==,iv:abc=,tag:abc=,type:str]", .encrypted),
            ("op://vault/isogeo/secret", .reference),
            ("ref+vault://secret/isogeo#x", .reference), ("@Microsoft.KeyVault(SecretUri=x)", .reference),
            ("${X}", .variable), ("${ISOGEO_CLIENT_SECRET}", .variable), ("$ISOGEO_CLIENT_SECRET", .variable),
            ("$(pass isogeo)", .variable), ("{{x}}", .variable), ("{{ isogeo_secret }}", .variable),
            ("<%= @secret %>", .variable), ("***", .mask), ("••••••••", .mask), ("[[SECRET]]", .template),
        ] as [(String, Placeholder)]
    )
    func `what can't be a secret is named`(_ secret: String, _ expected: Placeholder) {
        let found = problem(#"{"web":{\#(Self.id),"client_secret":"\#(secret)"}}"#)
        #expect(found == .placeholder(.clientSecret, expected))
        #expect(found.map { !$0.sentence.contains(secret) } == true)
    }

    @Test(arguments: ["**", "a***", "{x}", "$x", "$X y", "1op://x", ":// ", "ENC[", "{{", "%x%", "a://", "$1"])
    func `what can be a secret is taken`(_ secret: String) throws {
        let file = try ClientSecretsFile(guarded(#"{"web":{\#(Self.id),"client_secret":"\#(secret)"}}"#))
        let found = plain(file.secret)
        #expect(found == secret)
    }

    @Test func `quotation marks at both ends are worth a word`() throws {
        for secret in [#"\"a\""#, "'a'", "“a”"] {
            let uri = #""token_uri":"https://a.example/""#
            let file = #"{"web":{"client_id":"a","client_secret":"\#(secret)",\#(uri)}}"#
            #expect(try warnings(file).contains(.quoted(.clientSecret)))
        }
    }

    @Test(
        arguments: [
            ("\0GITCRYPT\0\u{1}\u{2}", .gitCrypt), ("$ANSIBLE_VAULT;1.1;AES256\n6162\n", .ansibleVault),
            ("age-encryption.org/v1\n-> X25519 a", .age), ("-----BEGIN AGE ENCRYPTED FILE-----\n", .age),
            ("\n-----BEGIN PGP MESSAGE-----\n", .pgp), ("PK\u{3}\u{4}\u{14}\0", .zip),
            ("version https://git-lfs.github.com/spec/v1\noid sha256:1\n", .gitLFS),
            ("<<<<<<< HEAD\n{\"web\":{\(pair)}}\n", .mergeConflict), ("-----BEGIN PRIVATE KEY-----\n", .pem),
            ("SQLite format 3\0", .sqlite), ("%PDF-1.7\n", .pdf), (#"{\rtf1\ansi"#, .rtf), ("\0\0\0\0", .zeros),
            (" <!DOCTYPE html>\n<html>", .html), ("\u{FEFF}<html>", .html), ("<?xml version=\"1.0\"?>", .html),
            ("CLIENT_SECRET=\(canary)", .environmentFile), ("# c\nexport A=\"\(canary)\"\n", .environmentFile),
            ("client_id = a\nclient_secret = \(canary)", .environmentFile), ("---\nweb:\n", .yaml),
            ("web:\n  client_secret: \(canary)\n", .yaml), ("web:\n  client_secret: ENC[x]\nsops:\n  mac: x\n", .sops),
            (#"{"data":"ENC[AES256_GCM,data:x]","sops":{"version":"3.8.1"}}"#, .sops),
        ] as [(String, ForeignFile)]
    )
    func `another kind of file is recognised`(_ text: String, _ expected: ForeignFile) {
        #expect(problem(text) == .foreign(expected))
    }

    @Test func `an archive is recognised, however large it is`() {
        #expect(problem([0x1F, 0x8B, 8, 0]) == .foreign(.gzip))
        let large = [UInt8](repeating: 7, count: ClientSecretsFile.sizeLimit)
        #expect(problem([0x1F, 0x8B] + large) == .foreign(.gzip))
        #expect(problem(Array("PK\u{3}\u{4}".utf8) + large) == .foreign(.zip))
    }

    @Test func `an escaped NUL is called that`() {
        let found = problem(#"{"web":{\#(Self.id),"client_secret":"\#(canary)\u0000"}}"#)
        let column = 8 + Self.id.count + 1 + 17 + canary.count + 1
        #expect(found == .notJSON(.init(reason: .nulCharacter, line: 1, column: column)))
        #expect(
            found?.sentence
                == "At line 1, column \(column), a string of the file's JSON contains \\u0000, the NUL character, "
                + "which no text here can have."
        )
    }

    @Test(
        arguments: [
            ("nbsp-at-the-end-of-secret", .character(.clientSecret, .init("\u{A0}", at: 64))),
            ("zero-width-space-at-the-end-of-secret", .character(.clientSecret, .init("\u{200B}", at: 64))),
            ("sops-encrypted-secret", .placeholder(.clientSecret, .encrypted)),
        ] as [(String, ClientSecretsProblem)]
    )
    func `what copying and other tools leave is named`(_ name: String, _ expected: ClientSecretsProblem) throws {
        let bytes = try Data(contentsOf: URL(filePath: TestPaths.fixture("cases/\(name).json")))
        #expect(problem(Array(bytes)) == expected)
    }

    @Test func `a file that isn't JSON says where`() {
        let comma = StrictJSON.Failure(reason: .trailingComma, line: 2, column: Self.pair.count + 3)
        #expect(problem("{\"web\":\n{\(Self.pair),}}") == .notJSON(comma))
        #expect(problem("'\(canary)") == .notJSON(.init(reason: .unexpectedCharacter, line: 1, column: 1)))
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
