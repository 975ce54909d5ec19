import Foundation
import Synchronization
import Testing
import VaultCrypto
import VaultOAuth
import VaultTestSupport

@testable import IsogeoVault

@Suite struct NewApplicationEnvironmentTests {
    private let canary = Canary()

    /// An environment that a test makes up, and that tells what was overwritten.
    private final class Variables: Sendable {
        private let values: Mutex<[String: String]>

        init(_ values: [String: String]) { self.values = Mutex(values) }

        subscript(_ name: String) -> String? { values.withLock { $0[name] } }

        var environment: CredentialEnvironment {
            CredentialEnvironment(
                value: { self[$0] },
                isSet: { self[$0]?.isEmpty == false },
                take: { name in
                    self.values.withLock { values in
                        guard let value = values[name] else { return nil }
                        values[name] = ""
                        return SecretBytes(value)
                    }
                }
            )
        }
    }

    private func read(
        _ values: [String: String],
        _ change: (inout NewApplication.Options) -> Void = { _ in }
    ) throws(VaultError) -> NewApplication {
        var options = NewApplication.Options()
        change(&options)
        return try NewApplication(options, in: Variables(values).environment)
    }

    private var plain: [String: String] {
        ["ISOGEO_CLIENT_ID": "client", "ISOGEO_CLIENT_SECRET": canary.text]
    }

    private func refusal(_ values: [String: String]) -> VaultError? {
        do {
            _ = try read(values)
            return nil
        } catch {
            canary.expectAbsent(in: "\(error) \(String(reflecting: error))".utf8, named: "the error")
            #expect(error.code == .usage)
            return error
        }
    }

    private func secret(_ application: borrowing NewApplication) -> String {
        application.withSecret { String(decoding: $0.revealed, as: UTF8.self) }
    }

    @Test func `the variables of Isogeo's tools are read`() throws {
        let application = try read(plain)
        let found = (id: application.metadata(now: 0).clientID, secret: secret(application))
        #expect(found.id == "client" && found.secret == canary.text)
        #expect(application.source == .environment && application.name.description == "client")
        #expect(application.tokenOrigin == "https://id.api.isogeo.com")
        canary.expectAbsent(in: application.warnings.joined().utf8, named: "the warnings")
    }

    @Test func `the SDK's own names come first, and both secrets are overwritten`() throws {
        let values = plain.merging([
            "ISOGEO_API_GROUP_CLIENT_ID": "group", "ISOGEO_API_GROUP_CLIENT_SECRET": canary.text + "group",
        ]) { $1 }
        let variables = Variables(values)
        let application = try NewApplication(.init(), in: variables.environment)
        let found = (id: application.metadata(now: 0).clientID, secret: secret(application))
        #expect(found.id == "group" && found.secret == canary.text + "group")
        #expect(variables["ISOGEO_API_GROUP_CLIENT_SECRET"] == "" && variables["ISOGEO_CLIENT_SECRET"] == "")
    }

    @Test func `empty variables are variables that aren't set`() throws {
        let values = ["ISOGEO_API_GROUP_CLIENT_ID": "", "ISOGEO_API_GROUP_CLIENT_SECRET": "", "ISOGEO_TOKEN_URL": ""]
        let application = try read(plain.merging(values) { $1 })
        let id = application.metadata(now: 0).clientID
        #expect(id == "client")
    }

    @Test(
        arguments: [
            ([:], "https://id.api.isogeo.com/oauth/token"),
            (["ISOGEO_PLATFORM": "prod"], "https://id.api.isogeo.com/oauth/token"),
            (["ISOGEO_PLATFORM": "QA"], "https://id.api.qa.isogeo.com/oauth/token"),
            (
                ["ISOGEO_PLATFORM": "custom", "ISOGEO_ID_URL": "https://id.a.example"],
                "https://id.a.example/oauth/token"
            ),
            (["ISOGEO_PLATFORM": "qa", "ISOGEO_ID_URL": "https://id.a.example/"], "https://id.a.example/oauth/token"),
            (["ISOGEO_ID_URL": "https://a.example/id//"], "https://a.example/id/oauth/token"),
            (
                ["ISOGEO_ID_URL": "https://id.a.example", "ISOGEO_TOKEN_URL": "https://b.example/token"],
                "https://b.example/token"
            ),
        ] as [([String: String], String)]
    )
    func `where tokens are requested is said by the most exact of the variables`(
        _ more: [String: String],
        _ uri: String
    ) throws {
        let application = try read(plain.merging(more) { $1 })
        let found = application.metadata(now: 0).endpoint.canonicalText
        #expect(found == uri)
    }

    @Test func `an address given by hand comes before them all`() throws {
        let values = plain.merging(["ISOGEO_PLATFORM": "custom", "ISOGEO_TOKEN_URL": "http://nonsense"]) { $1 }
        let application = try read(values) { $0.tokenURI = "https://hand.example/token" }
        #expect(application.tokenOrigin == "https://hand.example")
    }

    @Test func `what is missing is named`() {
        let nothing = refusal(["ISOGEO_PLATFORM": "qa"])
        for name in CredentialEnvironment.Names.all.flatMap({ [$0.id, $0.secret] }) {
            #expect(nothing?.remedy.contains(name) == true)
        }
        #expect(
            refusal(["ISOGEO_CLIENT_SECRET": canary.text])?.sentence
                == "ISOGEO_CLIENT_SECRET is set, and ISOGEO_CLIENT_ID isn't."
        )
        // The other pair doesn't help out.
        #expect(
            refusal(plain.merging(["ISOGEO_API_GROUP_CLIENT_ID": "group"]) { $1 })?.sentence
                == "ISOGEO_API_GROUP_CLIENT_ID is set, and ISOGEO_API_GROUP_CLIENT_SECRET isn't."
        )
        #expect(refusal(plain.merging(["ISOGEO_PLATFORM": "custom"]) { $1 })?.remedy.contains("ISOGEO_ID_URL") == true)
        #expect(refusal(plain.merging(["ISOGEO_PLATFORM": "moon"]) { $1 })?.sentence.contains("neither prod") == true)
    }

    @Test func `what isn't acceptable is named by its variable`() {
        let cases: [([String: String], String)] = [
            (
                ["ISOGEO_CLIENT_SECRET": canary.text + "\n"],
                "ISOGEO_CLIENT_SECRET contains U+000A (line feed) as character \(canary.text.count + 1)."
            ),
            (["ISOGEO_CLIENT_SECRET": "<client_secret>"], "ISOGEO_CLIENT_SECRET is a placeholder."),
            (
                ["ISOGEO_CLIENT_SECRET": String(repeating: canary.text, count: 100)],
                "ISOGEO_CLIENT_SECRET is too long."
            ),
            (["ISOGEO_CLIENT_ID": "your_client_id"], "ISOGEO_CLIENT_ID is a placeholder."),
        ]
        for (values, sentence) in cases {
            #expect(refusal(plain.merging(values) { $1 })?.sentence == sentence)
        }
        for variable in ["ISOGEO_TOKEN_URL", "ISOGEO_ID_URL"] {
            #expect(refusal(plain.merging([variable: "http://a.example"]) { $1 })?.remedy.contains(variable) == true)
        }
        #expect(refusal(plain.merging(["ISOGEO_CLIENT_ID": "a:b"]) { $1 }) != nil)
    }

    // In a process of its own: nothing else of the tests may see its environment.
    @Test func `in the process itself the secrets are overwritten where they lie`() async {
        await #expect(processExitsWith: .success) {
            let secret = "a secret that is read once"
            for names in CredentialEnvironment.Names.all {
                unsafe setenv(names.id, "client", 1)
                unsafe setenv(names.secret, secret, 1)
            }
            unsafe unsetenv("ISOGEO_PLATFORM")
            let first = unsafe getenv("ISOGEO_API_GROUP_CLIENT_SECRET")
            let second = unsafe getenv("ISOGEO_CLIENT_SECRET")
            let application = try NewApplication(fromEnvironment: .init())
            let found = application.withSecret { String(decoding: $0.revealed, as: UTF8.self) }
            try #require(found == secret)
            let isWiped = (0..<secret.utf8.count).allSatisfy { unsafe first?[$0] == 0 && second?[$0] == 0 }
            try #require(isWiped)
            do throws(VaultError) { _ = try NewApplication(fromEnvironment: .init()) } catch {
                try #require(error.code == .usage)
                exit(EXIT_SUCCESS)
            }
            exit(EXIT_FAILURE)
        }
    }
}
