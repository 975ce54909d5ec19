import Foundation
import Testing
import VaultTestSupport

@testable import IsogeoVault

/// A vault that was made by the first version opens for ever, by this program and by the format's description.
@Suite struct GoldenVaultTests {
    let world: VaultFixture
    private let golden: GoldenVault

    init() throws {
        world = try VaultFixture()
        golden = try .described()
        try world.folder.write(golden.passphrase + "\n", to: "passphrase")
        try world.folder.write(golden.keyFile + "\n", to: "key")
        world.clock.set(golden.now + 100)
    }

    private static let newPath = ProcessInfo.processInfo.environment["ISOGEO_VAULT_NEW_GOLDEN"]

    @Test(.onItsOwnThread, .enabled(if: newPath != nil, "ISOGEO_VAULT_NEW_GOLDEN names no place for one"))
    func `a new golden vault is made where somebody wants one`() throws {
        try golden.make(at: try #require(Self.newPath))
    }

    @Test(arguments: ["passphrase", "key"], GoldenVault.paths)
    func `a vault of each format opens by each slot, with all that it holds`(_ slot: String, _ path: String)
        async throws
    {
        try world.folder.write(Data(contentsOf: URL(filePath: path)), to: "vault.db")
        let file = world.folder(slot)
        let vault = try await world.open(slot == "key" ? .keyFile(file) : .passphraseFile(file))
        #expect(world.warnings.isEmpty)

        let applications = try await vault.applications()
        #expect(applications.count == golden.applications.count)
        var listed: [Application] = []
        try vault.contents.list(keeping: 0) { (page) throws(VaultError) in listed += page }
        #expect(listed == applications)
        for expected in golden.applications {
            let found = try #require(applications.first { $0.name.description == expected.name })
            #expect(found.clientID == expected.clientID && found.tokenURI == expected.tokenURI)
            #expect(found.basicEncoding.rawValue == expected.basicEncoding)
            #expect(found.scopes == expected.scopes && found.caFile == expected.caFile)
            #expect(found.created.timeIntervalSince1970 == Double(expected.created))
            #expect(found.credentialWritten.timeIntervalSince1970 == Double(expected.credentialWritten))
            let metadata = try vault.contents.complete(vault.contents.application(.named(expected.name)).application)
            let certificates = path == GoldenVault.path ? nil : expected.certificates
            #expect(metadata.certificates?.content == certificates.map { Array($0.utf8) })
            #expect(metadata.authURI == expected.authURI)
            #expect(metadata.kind == expected.kind && metadata.isogeoType == expected.isogeoType)
        }

        // The default application's token, which nobody has to be asked for.
        let token = try await vault.token()
        #expect(token.value == golden.token.value && token.source == .vault)
        #expect(token.application.description == golden.default)
        #expect(token.expires.timeIntervalSince1970 == Double(golden.token.expires))
        #expect(world.server.requests.isEmpty)

        // The secrets, where they are meant to go.
        for application in golden.applications {
            let name = try ApplicationName.named(application.name)
            if application.caFile != nil, path == GoldenVault.path {
                // The vault has its path alone, and no such file is here.
                let refused = await failure { [name] () async throws(VaultError) in
                    _ = try await vault.token(for: name, TokenOptions(refresh: true))
                }
                #expect(refused?.code == .configuration)
                try await vault.trust(name, caFile: nil)
            }
            _ = try await vault.token(for: name, TokenOptions(refresh: true))
        }
        #expect(world.server.requests.map(\.pair) == golden.applications.map(\.basic))
        #expect(world.server.requests.map(\.url) == golden.applications.map(\.tokenURI))
    }

    @Test(arguments: GoldenVault.paths)
    func `a vault of each format can be changed`(_ path: String) async throws {
        try world.folder.write(Data(contentsOf: URL(filePath: path)), to: "vault.db")
        let vault = try await world.open()
        try await vault.add(world.application("new"))
        #expect(try await world.open().applications().count == golden.applications.count + 1)
    }
}
