import Foundation
import Testing
import VaultTestSupport

/// The files that Isogeo's users have, and those they take for them.
@Suite(.serialized, .needsBinary)
struct ClientSecretsTests {
    /// A file; `@ID@` and `@SECRET@` stand for a client's.
    struct Variant: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let content: String

        init(_ description: String, _ content: String) {
            testDescription = description
            self.content = content
        }

        func text(_ client: Home.Client) -> String {
            content.replacing("@ID@", with: client.id).replacing("@SECRET@", with: client.secret.text)
        }
    }

    private func importing(_ text: String, _ home: Home, _ options: String...) async throws -> ProcessReport {
        let file = try home.folder.write(text, to: "client_secrets.json")
        var command = try home.command(["import", file, "--protect", "key-file=\(home.key)"] + options)
        command.input = .bytes([])
        let report = try await command.run()
        home.client.secret.expectAbsent(in: report)
        return report
    }

    private func origin(_ home: Home) async throws -> String? {
        let applications = try await home.run("list", "--json", "--key-file", home.key).json["applications"]
        return (applications as? [[String: Any]])?.first?["token_uri"] as? String
    }

    private static let credential = #""client_id": "@ID@", "client_secret": "@SECRET@""#
    private static let isogeo = #""token_uri": "https://id.api.isogeo.com/oauth/token""#
    private static let page = #"{"web": {\#(credential), \#(isogeo)}}"#

    @Test(arguments: [
        Variant(
            "1, the page's",
            #"{"web": {\#(credential), "auth_uri": "https://id.api.isogeo.com/oauth/authorize", \#(isogeo)}}"#
        ),
        Variant(
            "2, since 2019",
            #"""
            {"web": {\#(credential), \#(isogeo), "scopes": ["resources:read"], "kind": "public", "isogeo_type": "group",
             "isogeo_staff": false}}
            """#
        ),
        Variant("10, in one line", #"{"web":{"client_id":"@ID@","client_secret":"@SECRET@",\#(isogeo)}}"#),
        Variant(
            "installed, of a group application",
            #"{"installed": {\#(credential), \#(isogeo), "isogeo_type": "group"}}"#
        ),
        Variant("without token_uri", #"{"web": {\#(credential)}}"#),
        Variant("with null for token_uri", #"{"web": {\#(credential), "token_uri": null}}"#),
        Variant(
            "Google's members beside",
            #"""
            {"web": {\#(credential), \#(isogeo), "project_id": "p", "javascript_origins": ["https://a.example"],
             "auth_provider_x509_cert_url": "https://b.example", "client_email": "", "universe_domain": "c.example"}}
            """#
        ),
        Variant("a byte order mark", "\u{feff}" + page),
        Variant(
            "6 and 7, redirect_uris without a type",
            #"{"web": {\#(credential), \#(isogeo), "redirect_uris": ["urn:ietf:wg:oauth:2.0:oob"]}}"#
        ),
    ])
    func `is taken, and asks Isogeo`(variant: Variant) async throws {
        let home = try Home()
        let report = try await importing(variant.text(home.client), home)
        #expect(report.exitCode == 0 && report.output.isEmpty, "\(report)")
        #expect(try await origin(home) == "https://id.api.isogeo.com/oauth/token")
        #expect(
            report.errorText.contains("warning: The file begins with a byte order mark, which was passed over.")
                == variant.content.hasPrefix("\u{feff}")
        )
        #expect(
            report.errorText.contains("warning: The file has redirect_uris") == variant.content.contains("redirect")
        )
        // The secret of these tests has 48 characters, Isogeo's have 64.
        #expect(report.errorText.contains("warning: The client_secret doesn't look as Isogeo's do today."))
    }

    @Test func `3, the pre-production platform without a final newline`() async throws {
        let home = try Home()
        let uri = "https://id.api.qa.isogeo.com/oauth/token"
        let report = try await importing(home.client.file(tokenURI: uri), home)
        #expect(report.exitCode == 0 && report.errorText.contains("from https://id.api.qa.isogeo.com.\n"), "\(report)")
        #expect(try await origin(home) == uri)
    }

    private static let unedited = "Use the client_secrets.json as Isogeo sent it, unedited."
    private static let group = "Ask Isogeo for a group application."
    private static let again = "Ask Isogeo for the file again, and don't edit it."

    @Test(
        arguments: [
            (
                Variant(
                    "4, installed without a type",
                    #"{"installed": {\#(credential), \#(isogeo), "redirect_uris": ["http://localhost"]}}"#
                ),
                "The file belongs to a user application, which can't get tokens by itself.", group
            ),
            (
                Variant(
                    "5, a user application",
                    #"{"installed": {\#(credential), "scopes": ["api:read"], "kind": "confidential", "isogeo_type": "user"}}"#
                ),
                "The file belongs to a user application, which can't get tokens by itself.", group
            ),
            (
                Variant(
                    "6, a public user application",
                    #"{"web": {\#(credential), "redirect_uris": ["https://a.example"], "isogeo_type": "user"}}"#
                ),
                "The file belongs to a user application, which can't get tokens by itself.", group
            ),
            (
                Variant("11, the API's entity", #"{"_id": "1", "name": "n", "url": "u", \#(credential)}"#),
                "The file is an application as Isogeo's API describes it, not a client_secrets.json.",
                "Put its client_id and client_secret into {\"web\": {…}}, or ask Isogeo for the file."
            ),
            (
                Variant(
                    "a service account",
                    #"{"type": "service_account", "private_key": "@SECRET@", "client_id": "@ID@"}"#
                ),
                "The file is the key of a Google service account, not an OAuth client.",
                "Use the client_secrets.json of an Isogeo group application."
            ),
            (
                Variant(
                    "a user's own credential",
                    #"{"type": "authorized_user", \#(credential), "refresh_token": "t"}"#
                ),
                "The file holds a Google user's own credential, not an OAuth client.",
                "Use the client_secrets.json of an Isogeo group application."
            ),
            (
                Variant("its head cut off, inside", #"{\#(credential), \#(isogeo)}"#),
                "The file's head is cut off: client_id stands outside of \"web\".",
                "Use the file as Isogeo sent it, or put {\"web\": { before it and }} behind it."
            ),
            (
                Variant("its head cut off, braces and all", #"\#(credential), \#(isogeo)}}"#),
                "The file's head is cut off: client_id stands outside of \"web\".",
                "Use the file as Isogeo sent it, or put {\"web\": { before it and }} behind it."
            ),
            (
                Variant(
                    "placeholders",
                    #"{"web": {"client_id": "[[INSERT CLIENT ID HERE]]", "client_secret": "[[INSERT CLIENT SECRET HERE]]"}}"#
                ),
                "The file's client_id is a placeholder.", "Put in what Isogeo sent instead of the template's words."
            ),
            (
                Variant(
                    "a placeholder for the secret",
                    #"{"web": {"client_id": "@ID@", "client_secret": "{client_secret}"}}"#
                ),
                "The file's client_secret is a placeholder.", "Put in what Isogeo sent instead of the template's words."
            ),
            (Variant("empty", ""), "The file is empty.", unedited),
            (Variant("white space", " \n"), "The file is empty.", unedited),
            (Variant("another object", #"{"a": 1}"#), "The file has neither \"web\" nor \"installed\".", unedited),
            (
                Variant("both forms", #"{"web": {\#(credential)}, "installed": {\#(credential)}}"#),
                "The file has both \"web\" and \"installed\".", unedited
            ),
            (Variant("no client_id", #"{"web": {"client_secret": "@SECRET@"}}"#), "The file has no client_id.", again),
            (Variant("no secret", #"{"web": {"client_id": "@ID@"}}"#), "The file has no client_secret.", again),
            (
                Variant("an empty secret", #"{"web": {"client_id": "@ID@", "client_secret": ""}}"#),
                "The file's client_secret is empty.", again
            ),
            (
                Variant("a number for a secret", #"{"web": {"client_id": "@ID@", "client_secret": 7}}"#),
                "The file's client_secret has the wrong JSON type.", again
            ),
            (
                Variant("a line end in the secret", #"{"web": {"client_id": "@ID@", "client_secret": "@SECRET@\n"}}"#),
                "The file's client_secret contains U+000A (line feed) as character 49.",
                "Remove it, or ask Isogeo for the file again: copying from a page or a mail leaves such characters."
            ),
            (Variant("UTF-16's mark", "\u{0}{\u{0}}"), "The file is UTF-16; JSON is UTF-8.", "Save it again as UTF-8."),
        ] as [(Variant, String, String)]
    )
    func `is refused, and says what it is instead`(variant: Variant, sentence: String, remedy: String) async throws {
        let home = try Home()
        let text = variant.text(home.client)
        try await importing(text, home).expectFailure(65, sentence, remedy)
        try await home.run("import", "-", "--protect", "key-file=\(home.key)", input: text)
            .expectFailure(65, sentence, remedy)
        #expect(!FileManager.default.fileExists(atPath: home.key))
        #expect(!FileManager.default.fileExists(atPath: home.vaultFolder))
    }

    @Test(arguments: [
        #"{"web": {\#(credential), }}"#, #"{"web": {\#(credential)}} x"#, #"{"web": {\#(credential)}"#,
        #"{"web": {\#(credential), "client_secret": "other"}}"#,
        #"{"web": {"client_id": "\ud800", "client_secret": "@SECRET@"}}"#,
        "{'web': {}}", "// {}",
    ])
    func `what isn't strict JSON is refused with the place, never with the content`(content: String) async throws {
        let home = try Home()
        let report = try await importing(Variant("", content).text(home.client), home)
        #expect(report.exitCode == 65 && report.output.isEmpty, "\(report)")
        #expect(report.errorText.hasPrefix("isogeo-vault: The file isn't JSON: at line 1, column "), "\(report)")
    }

    @Test(arguments: [
        (
            "https://id.api.isogeo.com//oauth/token",
            "The token endpoint's path begins with two slashes: a script joined it wrongly."
        ),
        (
            "None/oauth/token",
            "The token endpoint's address begins with None: a script wrote it without knowing the host."
        ),
        ("//oauth/token", "The token endpoint's address names no host."),
        (
            "http://id.api.isogeo.com/oauth/token",
            "The token endpoint is plain http, which would send the secret in clear."
        ),
        ("https://user@id.api.isogeo.com/oauth/token", "The token endpoint's address contains an @ before the path."),
        (
            #"https://id.api.isogeo.com\\@127.0.0.1/"#,
            "The token endpoint's address contains a backslash, which readers of addresses take differently."
        ),
        ("id.api.isogeo.com/oauth/token", "The token endpoint's address doesn't begin with https://."),
        ("", "The token endpoint's address is empty."),
    ])
    func `9, a broken token_uri is refused, and an address given by hand rescues it`(uri: String, sentence: String)
        async throws
    {
        let home = try Home()
        let text = home.client.file(tokenURI: uri)
        let refused = try await importing(text, home)
        #expect(refused.exitCode == 65 && refused.output.isEmpty, "\(refused)")
        #expect(refused.errorText.hasPrefix("isogeo-vault: \(sentence)\n"), "\(refused)")
        #expect(refused.errorText.contains("--token-uri"))

        let rescued = try await importing(text, home, "--token-uri", "https://id.api.isogeo.com/oauth/token")
        #expect(rescued.exitCode == 0, "\(rescued)")
        #expect(try await origin(home) == "https://id.api.isogeo.com/oauth/token")
    }

    @Test func `a colon in the client_id can't be sent raw`() async throws {
        let home = try Home()
        let text = #"{"web": {"client_id": "a:b", "client_secret": "\#(home.client.secret.text)"}}"#
        let refused = try await importing(text, home)
        #expect(refused.exitCode == 65 && refused.errorText.contains("--basic-encoding form"), "\(refused)")
        #expect(try await importing(text, home, "--basic-encoding", "form").exitCode == 0)
    }

    @Test(arguments: [
        (
            "nbsp-at-the-end-of-secret", "The file's client_secret contains U+00A0 (no-break space) as character 64.",
            "Remove it, or ask Isogeo for the file again: copying from a page or a mail leaves such characters."
        ),
        (
            "zero-width-space-at-the-end-of-secret",
            "The file's client_secret contains U+200B (zero width space) as character 64.",
            "Remove it, or ask Isogeo for the file again: copying from a page or a mail leaves such characters."
        ),
        (
            "sops-encrypted-secret", "The file's client_secret is encrypted still, as by sops.",
            "Decrypt the file first (sops --decrypt FILE)."
        ),
    ])
    func `what other tools leave in a file is refused, and named`(name: String, sentence: String, remedy: String)
        async throws
    {
        let home = try Home()
        let file = TestPaths.fixture("cases/\(name).json")
        for arguments in [["import", file, "--protect", "key-file=\(home.key)"], ["token", "--from", file]] {
            try await home.command(arguments).run().expectFailure(65, sentence, remedy)
        }
        #expect(!FileManager.default.fileExists(atPath: home.vaultFolder))
    }

    @Test func `scopes that would steer a terminal are refused as a string too`() async throws {
        let home = try Home()
        let text = #"{"web": {\#(Self.credential), "scopes": "a\u001b]0;x\u0007"}}"#
        try await importing(Variant("", text).text(home.client), home).expectFailure(
            65,
            "The file's scopes contains U+001B (escape) as character 2.",
            "Remove it, or ask Isogeo for the file again: copying from a page or a mail leaves such characters."
        )
    }

    @Test func `a file is read from a pipe`() async throws {
        let home = try Home()
        let report = try await home.shell(
            #"cat "$1" | "$vault" import - --protect key-file="$2""#,
            try home.writeFile(),
            home.key
        )
        #expect(report.exitCode == 0 && !report.errorText.contains("still holds the secret"), "\(report)")
    }

    @Test func `a file that is far too large is refused before it is read as JSON`() async throws {
        let home = try Home()
        let report = try await importing(String(repeating: " ", count: 1 << 20) + "{}", home)
        #expect(
            report.exitCode == 65 && report.errorText.contains("The file is larger than 1048576 bytes"),
            "\(report)"
        )
    }
}
