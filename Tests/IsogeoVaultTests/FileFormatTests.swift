import Foundation
import Synchronization
import Testing
import VaultCrypto
import VaultTestSupport

@testable import IsogeoVault
@testable import VaultStore

/// The page that describes the format says what the format is.
@Suite struct FileFormatTests {
    private static let page = TestPaths.checkout + "/Sources/IsogeoVault/Documentation.docc/FileFormat.md"

    @Test func `it has the schema word for word`() throws {
        let page = try String(contentsOfFile: Self.page, encoding: .utf8)
        let statements = [VaultFormat.first, .second].flatMap { Schema.items(of: $0) }.compactMap(\.statement)
        #expect(Set(statements).count == 11)
        for statement in statements { #expect(page.contains("```sql\n\(statement)\n```\n")) }
        #expect(page.contains("`PRAGMA application_id` is \(Schema.applicationID)"))
    }

    @Test func `its example of the encoding is right`() throws {
        var encoder = CanonicalEncoder()
        encoder.append("name")
        encoder.append(UInt64(1))
        let digits = encoder.bytes.map { String(format: "%02x", $0) }.joined(separator: " ")
        let page = try String(contentsOfFile: Self.page, encoding: .utf8)
        #expect(page.contains("`encode(\"name\", 1)` is `\(digits)`"))
    }
}

/// A reader that knows that page and nothing else reads what we write.
@Suite(
    .enabled(
        if: ProcessInfo.processInfo.environment["ISOGEO_VAULT_PYTHON"] != nil,
        "ISOGEO_VAULT_PYTHON names no Python with PyNaCl"
    )
)
struct FileFormatReaderTests {
    /// What the reader prints.
    private struct Found: Decodable {
        struct Application: Decodable {
            let name, clientID, secret, tokenURI, basicEncoding, authURI, kind, isogeoType, caFile: String
            let proxy, certificates: String?
            let scopes: [String]
            let created, credentialWritten: Int64
        }

        struct Token: Decodable {
            let application, value: String
            let asked, expires: Int64
            let hasScope: Bool
        }

        struct Entry: Decodable {
            let number: Int64
            let event, subject, detail: String
        }

        let `default`: String?
        let applications: [Application]
        let tokens: [Token]
        struct Tally: Decodable {
            let event, subject: String
            let count: Int64
        }

        let log, requests: [Entry]
        let tallies: [Tally]
        let warnings: [String]
    }

    let world: VaultFixture

    init() throws { world = try VaultFixture() }

    private func run(_ option: String, _ file: String, _ vault: String) async throws -> ProcessReport {
        let python = try #require(ProcessInfo.processInfo.environment["ISOGEO_VAULT_PYTHON"])
        return try await Command(python, [TestPaths.fixture("reader/read_vault.py"), option, file, vault]).run()
    }

    private func read(_ option: String, _ file: String, _ vault: String) async throws -> Found {
        let report = try await run(option, file, vault)
        try #require(report.exitCode == 0, "\(report)")
        return try JSONDecoder().decode(Found.self, from: Data(report.output))
    }

    @Test(arguments: ["--passphrase-file", "--key-file"], GoldenVault.paths)
    func `the golden vaults are read by each slot`(_ option: String, _ path: String) async throws {
        let golden = try GoldenVault.described()
        let content = option == "--key-file" ? golden.keyFile : golden.passphrase
        let found = try await read(option, try world.folder.write(content + "\n", to: "slot"), path)
        // The first one's header's state is of version 1, which knew no log.
        #expect(found.warnings.isEmpty && found.default == golden.default && found.log.isEmpty)
        #expect(found.applications.count == golden.applications.count)
        for expected in golden.applications {
            let application = try #require(found.applications.first { $0.name == expected.name })
            #expect(application.clientID == expected.clientID && application.secret == expected.secret)
            #expect(application.tokenURI == expected.tokenURI && application.scopes == expected.scopes)
            #expect(application.basicEncoding == expected.basicEncoding)
            #expect(application.authURI == expected.authURI ?? "" && application.kind == expected.kind ?? "")
            #expect(application.isogeoType == expected.isogeoType ?? "" && application.caFile == expected.caFile ?? "")
            #expect(application.created == expected.created)
            #expect(application.credentialWritten == expected.credentialWritten)
        }
        let token = try #require(found.tokens.first)
        #expect(token.application == golden.token.application && token.value == golden.token.value)
        #expect(token.asked == golden.token.asked && token.expires == golden.token.expires && !token.hasScope)
    }

    @Test func `a vault that this version makes and changes is read`() async throws {
        let vault = try await world.makeVault()
        try await vault.add(world.application("éditeur", secret: "another secret", proxy: "http://proxy.example:3128"))
        try await vault.add(world.application(secret: "the newest secret"), replacing: true)
        let pem = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
        try await vault.trust(.named("catalogue"), caFile: world.folder.write(pem, to: "ca.pem"))
        let catalogue = try ApplicationName.named("catalogue")
        _ = try await vault.token(for: catalogue)
        _ = try await vault.token(for: .named("éditeur"), TokenOptions(scope: "resources:read"))
        world.server.willAnswer(.status(401, ""))
        let refused = await failure { [catalogue] () async throws(VaultError) in
            try await vault.token(for: catalogue, TokenOptions(parameters: [.init("audience", "x")]))
        }
        #expect(refused?.code == .credentialRefused)
        let found = try await read("--key-file", world.keyFile, world.path)
        let secrets = Dictionary(uniqueKeysWithValues: found.applications.map { ($0.name, $0.secret) })
        #expect(secrets == ["catalogue": "the newest secret", "éditeur": "another secret"])
        #expect(found.applications.compactMap(\.proxy).filter { !$0.isEmpty } == ["http://proxy.example:3128"])
        #expect(found.applications.compactMap(\.certificates) == [pem])
        #expect(Set(found.tokens.map(\.value)) == ["token-1", "token-2"])
        #expect(found.tokens.first { $0.value == "token-2" }?.hasScope == true)
        #expect(found.default == nil && found.warnings.isEmpty)
        #expect(found.log.map(\.number) == [1, 2, 3, 4, 5])
        #expect(found.log.map(\.event) == ["created", "imported", "imported", "replaced", "certificates"])
        #expect(found.log.map(\.subject) == ["", "catalogue", "éditeur", "catalogue", "catalogue"])
        #expect(found.requests.isEmpty)
        #expect(found.tallies.map(\.event) == ["token", "token", "refused"])
        #expect(found.tallies.map(\.subject) == ["catalogue", "éditeur", "catalogue"])
        // The next day, they have entries.
        world.clock.advance(by: 86_400)
        try await vault.rename(catalogue, to: .named("plans"))
        let later = try await read("--key-file", world.keyFile, world.path)
        #expect(later.requests.map(\.event) == found.tallies.map(\.event) && later.tallies.isEmpty)
        #expect(later.log.last?.event == "renamed" && later.warnings.isEmpty)
    }

    @Test func `a vault of thousands of applications is read, whose tree is two levels high`() async throws {
        try ManyApplications.make(300, in: world)
        let found = try await read("--key-file", world.keyFile, world.path)
        #expect(found.applications.count == 300 && found.warnings.isEmpty)
    }

    @Test func `a vault of format 1 is read before it is converted, and after`() async throws {
        try LoggedVault.write(in: world)
        let before = try await read("--key-file", world.keyFile, world.path)
        #expect(before.log.count == 12 && before.tokens.count == 3)
        try await world.open().setDefault(.named("maps"))
        let after = try await read("--key-file", world.keyFile, world.path)
        #expect(after.log.map(\.event) == before.log.map(\.event) + ["converted", "default"])
        #expect(after.applications.map(\.secret).sorted() == before.applications.map(\.secret).sorted())
        #expect(after.warnings.isEmpty && after.default == "maps")
    }

    @Test func `a vault with a new key is read`() async throws {
        let vault = try await world.makeVault()
        _ = try await vault.token()
        try await vault.setDefault(.named("catalogue"))
        vault.close()
        _ = try await world.rekey()
        let found = try await read("--key-file", world.keyFile, world.path)
        #expect(found.applications.map(\.secret) == ["a secret"] && found.tokens.map(\.value) == ["token-1"])
        #expect(found.default == "catalogue" && found.warnings.isEmpty)
        #expect(found.log.map(\.event) == ["created", "imported", "default", "rekeyed"])
        #expect(found.tallies.map(\.event) == ["token"])
    }

    @Test func `a recovery code opens a vault for it, and a backup that was restored`() async throws {
        let vault = try await world.makeVault()
        let code = Mutex("")
        _ = try await vault.addRecoveryCode { (shown) throws(VaultError) in
            let text = String(decoding: shown.indices.map { shown[$0] }, as: UTF8.self)
            code.withLock { $0 = text }
        }
        let copy = world.folder("copy.db")
        try await vault.backup(to: copy)
        try await vault.rename(.named("catalogue"), to: .named("plans"))
        let typed = code.withLock { $0.lowercased().replacing("-", with: " ") + "\r\n" }
        let codeFile = try world.folder.write(typed, to: "code")
        let renamed = try await read("--recovery", codeFile, world.path)
        #expect(renamed.applications.map(\.name) == ["plans"])
        #expect(renamed.log.last?.event == "renamed" && renamed.log.last?.detail == "catalogue")

        _ = try await Vault.open(at: copy, unlocking: .keyFile(world.keyFile)).restore(to: world.path)
        let restored = try await read("--recovery", codeFile, world.path)
        #expect(restored.applications.map(\.name) == ["catalogue"])
        #expect(restored.log.map(\.event) == ["created", "imported", "key-added", "restored"])
    }

    @Test(
        arguments: [
            ("update header set changed = changed + 1", "the header was edited"),
            ("delete from application", "the applications are not those written"),
            ("update application set metadata = zeroblob(552)", "the applications are not those written"),
            ("update log set number = number + 1 where number = 2", "the log has gaps"),
            ("update log set box = (select box from log where number = 1) where number = 2", "a box doesn't open"),
            ("update token set expires = expires + 1", "a box doesn't open"),
            ("update slot set created = 1", "no slot opens"),
            ("create table theirs (x)", "the schema is another one"),
            ("pragma user_version = 1", "the schema is another one"),
            ("pragma user_version = 3", "the format is another one"),
            ("update application_tree set digests = zeroblob(32)", "the tree of applications is another one"),
            (
                "insert into certificates select id, zeroblob(600) from application",
                "an application has no certificates, or too many"
            ),
        ]
    )
    func `an edited vault is refused`(_ edit: String, _ reason: String) async throws {
        _ = try await world.makeVault().token()
        try await world.edit(edit)
        let report = try await run("--key-file", world.keyFile, world.path)
        #expect(report.exitCode == 1 && report.errorText.hasSuffix(": \(reason)\n"), "\(report)")
    }
}
