import Foundation
import Synchronization
import Testing
import VaultCrypto
import VaultTestSupport

@testable import IsogeoVault

/// A credential on its way back to a file.
@Suite struct ExportTests {
    let world: VaultFixture
    let canary = Canary()

    init() throws { world = try VaultFixture() }

    private var file: String { world.folder("exported.json") }

    private func export(_ vault: Vault, _ name: String = "catalogue", to path: String? = nil) async throws
        -> VaultError?
    {
        let name = try ApplicationName.named(name)
        let error = await failure { () async throws(VaultError) in try await vault.export(name, to: path ?? file) }
        canary.expectAbsent(in: String(reflecting: error).utf8, named: "the error")
        canary.expectAbsent(in: (error?.description ?? "").utf8, named: "the error")
        canary.expectAbsent(in: world.warnings.joined().utf8, named: "the warnings")
        return error
    }

    private func exports(_ vault: Vault) async throws -> [String] {
        try await vault.auditTrail().entries.filter { $0.event.kind == .exported }.map(\.event.subject)
    }

    @Test func `what is exported is the page's file again, for nobody else to read`() async throws {
        let vault = try await world.makeVault(secret: canary.text)
        #expect(try await export(vault) == nil)
        #expect(
            String(decoding: try world.folder.read("exported.json"), as: UTF8.self) == """
                {
                  "web": {
                    "client_id": "client",
                    "client_secret": "\(canary.text)",
                    "token_uri": "https://id.example/oauth/token"
                  }
                }

                """
        )
        #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
        #expect(try await exports(vault) == ["catalogue"])
        #expect(world.warnings.isEmpty)
    }

    @Test(arguments: [#"a"b\c/é %41"#, " ", String(repeating: "\"", count: 4096), "日本語"])
    func `what is exported is imported again, equal in all that the file had`(_ secret: String) async throws {
        let content: [String: Any] = [
            "client_id": "client \"é\"", "client_secret": secret, "auth_uri": "https://id.example/oauth/authorize",
            "token_uri": "https://id.example/oauth/token", "scopes": ["resources:read", "more"], "kind": "public",
            "isogeo_type": "group",
        ]
        let source = try world.folder.write(JSONSerialization.data(withJSONObject: ["web": content]), to: "source.json")
        let vault = try await world.makeVault()
        let original = try NewApplication(clientSecrets: source)
        try await vault.add(original)
        #expect(try await export(vault, original.name.description) == nil)
        let again = try NewApplication(clientSecrets: file)
        #expect(try await vault.holds(again))
        var (first, second) = (original.metadata(now: 0), again.metadata(now: 0))
        first.credential = []
        second.credential = []
        #expect(first == second)
        let found = try JSONSerialization.jsonObject(with: Data(world.folder.read("exported.json"))) as? NSDictionary
        #expect(found == ["web": content] as NSDictionary)
    }

    @Test func `the audit trail tells it before there is a file`() async throws {
        _ = try await world.makeVault(secret: canary.text)
        // Of the file, and of what will get its name.
        let sizes = Mutex<[[String: Int]]>([])
        let folder = world.folder.path
        var dependencies = world.dependencies
        dependencies.now = {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            var found: [String: Int] = [:]
            for name in names where name == "exported.json" || name.hasPrefix(".") {
                let kind = name.hasPrefix(".isogeo-vault-") ? "draft" : name
                let attributes = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
                found[kind] = attributes?[.size] as? Int
            }
            sizes.withLock { [found] in $0.append(found) }
            return 1_900_000_000
        }
        let vault = try await Vault.open(at: world.path, unlocking: .keyFile(world.keyFile), dependencies: dependencies)
        // Opening looks at the clock as well.
        sizes.withLock { $0 = [] }
        #expect(try await export(vault) == nil)
        #expect(sizes.withLock { $0 } == [["draft": 0]])
        #expect(try world.folder.read("exported.json").isEmpty == false)
    }

    @Test func `what lies there stays, and no export is told`() async throws {
        let vault = try await world.makeVault(secret: canary.text)
        try world.folder.write("something", to: "exported.json")
        #expect(try await export(vault)?.code == .exists)
        #expect(try world.folder.read("exported.json") == Array("something".utf8))
        let (link, target) = (world.folder("link"), world.folder("nowhere"))
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
        #expect(try await export(vault, to: link)?.code == .exists)
        #expect(!FileManager.default.fileExists(atPath: target))
        #expect(try await exports(vault).isEmpty)
    }

    @Test func `a place that isn't there is told as one`() async throws {
        let vault = try await world.makeVault(secret: canary.text)
        for path in ["", "/", ".", world.folder("no folder/file"), world.folder.path + "/", world.folder("key/file")] {
            #expect(try await export(vault, to: path)?.code == .inputOutput, "\(path)")
        }
        #expect(try await exports(vault).isEmpty)
    }

    @Test(.unprivileged) func `a folder that is not ours to write is told`() async throws {
        let vault = try await world.makeVault(secret: canary.text)
        #expect(try await export(vault, to: "/exported.json")?.code == .inputOutput)
    }

    @Test func `an application that isn't there leaves no file`() async throws {
        let vault = try await world.makeVault(secret: canary.text)
        #expect(try await export(vault, "another")?.code == .noApplication)
        #expect(!FileManager.default.fileExists(atPath: file))
    }

    @Test func `what is given up leaves nothing`() throws {
        let secret = SecretBytes(canary.text)
        #expect(throws: VaultError.forTesting(.tryAgain)) {
            try secret.withBytes { (bytes) throws(VaultError) in
                try PlaintextFile.make(file, bytes) { () throws(VaultError) in
                    throw VaultError.forTesting(.tryAgain)
                }
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: world.folder.path).isEmpty)
    }

    @Test func `a secret of many pages is written whole`() throws {
        let secret = SecretBytes(String(repeating: canary.text, count: 4000))
        try secret.withBytes { (bytes) throws(VaultError) in try PlaintextFile.make(file, bytes) }
        let expected = secret.revealed
        #expect(try world.folder.read("exported.json") == expected)
    }

    @Test(.unprivileged) func `a vault that can only be read is exported from if a word says so, with a warning`()
        async throws
    {
        _ = try await world.makeVault(secret: canary.text)
        let elsewhere = try TemporaryDirectory()
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: world.path)
        try FileManager.default.setAttributes([.posixPermissions: 0o500], ofItemAtPath: world.folder.path)
        defer { try? FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: world.folder.path) }
        let vault = try await world.open()
        #expect(try await export(vault, to: elsewhere("exported.json"))?.code == .usage)
        #expect(!FileManager.default.fileExists(atPath: elsewhere("exported.json")))
        try await vault.export(.named("catalogue"), to: elsewhere("exported.json"), unlogged: true)
        #expect(try elsewhere.read("exported.json").isEmpty == false)
        #expect(world.warnings.count == 1)
    }

    @Test func `what such a file can't say is told`() async throws {
        let vault = try await world.makeVault()
        var options = NewApplication.Options()
        options.name = try ApplicationName.named("form")
        options.basicEncoding = .form
        options.caFile = try world.folder.write(
            "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----",
            to: "ca.pem"
        )
        try await vault.add(
            NewApplication(clientSecrets: world.clientSecrets(id: "form", secret: canary.text), options)
        )
        #expect(try await export(vault, "form") == nil)
        #expect(world.warnings.count == 1)
        #expect(world.warnings.first?.contains("--basic-encoding form --ca-file \(world.folder("ca.pem"))") == true)
    }
}
