import Foundation
import Testing
import VaultStore
import VaultTestSupport

@testable import IsogeoVault

/// Making, opening, adding and listing.
@Suite struct VaultTests {
    let world: VaultFixture

    init() throws { world = try VaultFixture() }

    @Test func `a vault that is made opens again, with what was put in`() async throws {
        let made = try await world.makeVault()
        #expect(made.path == world.path && !made.isReadOnly)
        let vault = try await world.open()
        let application = try #require(try await vault.applications().first)
        #expect(application.name.description == "catalogue" && application.clientID == "client")
        #expect(application.tokenURI == "https://id.example/oauth/token")
        #expect(application.tokenOrigin == "https://id.example" && application.basicEncoding == .raw)
        #expect(application.created.timeIntervalSince1970 == 1_900_000_000)
        #expect(application.credentialWritten == application.created)
        #expect(world.warnings.isEmpty)
    }

    @Test func `a vault isn't made where one is, and its key file isn't either`() async throws {
        _ = try await world.makeVault()
        let application = try world.application()
        let other = world.folder("other key")
        let error = await failure { () async throws(VaultError) in
            try await Vault.create(
                at: world.path,
                protectedBy: .keyFile(other),
                importing: application,
                dependencies: world.dependencies
            )
        }
        #expect(error?.code == .exists)
        #expect(!FileManager.default.fileExists(atPath: other))
    }

    @Test func `whether there is a vault can be asked`() async throws {
        #expect(try await Vault.exists(at: world.path) == false)
        _ = try await world.makeVault()
        #expect(try await Vault.exists(at: world.path))
        try world.folder.write("something else, of no meaning", to: "no vault")
        let error = await failure { () async throws(VaultError) in
            try await Vault.exists(at: world.folder("no vault"))
        }
        #expect(error?.code == .damaged)
    }

    @Test func `nobody is asked for a key where there is no vault`() async throws {
        let error = await failure { () async throws(VaultError) in
            try await Vault.open(
                at: world.path,
                unlocking: .keyFile(world.folder("missing")),
                dependencies: world.dependencies
            )
        }
        #expect(error?.code == .noVault)
    }

    @Test func `a key that doesn't fit is told by its name`() async throws {
        _ = try await world.makeVault()
        let other = try world.folder.write([UInt8](repeating: 1, count: 32), to: "other")
        let error = await failure { () async throws(VaultError) in
            try await Vault.open(at: world.path, unlocking: .keyFile(other), dependencies: world.dependencies)
        }
        #expect(error?.code == .locked && error?.sentence == "The key file \(other) doesn't open this vault.")
    }

    @Test func `a way that the vault has no slot for is told`() async throws {
        _ = try await world.makeVault()
        let passphrase = try world.folder.write("passphrase\n", to: "passphrase")
        let error = await failure { () async throws(VaultError) in
            try await Vault.open(
                at: world.path,
                unlocking: .passphraseFile(passphrase),
                dependencies: world.dependencies
            )
        }
        #expect(error?.code == .locked)
        #expect(error?.sentence == "This vault has no key slot of the kind passphrase.")
    }

    @Test func `a vault is protected by a key file that is there already`() async throws {
        try world.folder.write([UInt8](repeating: 1, count: 32), to: "key")
        _ = try await world.makeVault()
        #expect(try world.folder.read("key") == [UInt8](repeating: 1, count: 32))
        _ = try await world.open()
    }

    // MARK: - Applications

    @Test func `applications are listed by name`() async throws {
        let vault = try await world.makeVault()
        for name in ["zebra", "Éole", "aviary"] { try await vault.add(world.application(name)) }
        let names = try await vault.applications().map(\.name.description)
        #expect(names == ["aviary", "catalogue", "zebra", "Éole"])
    }

    @Test func `a name is given once`() async throws {
        let vault = try await world.makeVault()
        let again = try world.application("catalogue", secret: "other")
        let error = await failure { () async throws(VaultError) in try await vault.add(again) }
        #expect(error?.code == .exists && error?.code.exitStatus == 73)
        #expect(try await vault.token().value == "token-1")
        #expect(world.server.requests.map(\.pair) == ["client:a secret"])
    }

    @Test func `replacing keeps the row and its date, drops the tokens, and never gives the old one again`()
        async throws
    {
        let vault = try await world.makeVault()
        let other = try await world.open()
        let before = try vault.contents.application(nil).application
        #expect(try await vault.token().value == "token-1")
        world.clock.advance(by: 100)
        #expect(try await vault.add(world.application(secret: "another"), replacing: true))

        let (after, tokens) = try vault.contents.application(nil)
        #expect(after.row.id == before.row.id && tokens.isEmpty)
        #expect(after.metadata.created == before.metadata.created)
        #expect(after.metadata.credentialWritten == before.metadata.credentialWritten + 100)
        #expect(after.metadata.credential != before.metadata.credential)
        // Also for a vault that was opened before.
        #expect(try await other.token().value == "token-2")
        #expect(world.server.requests.map(\.pair) == ["client:a secret", "client:another"])
    }

    @Test func `replacing where nothing is adds`() async throws {
        let vault = try await world.makeVault()
        #expect(try await vault.add(world.application("new"), replacing: true) == false)
        #expect(try await vault.applications().count == 2)
    }

    @Test func `tokens of others stay when an application is replaced`() async throws {
        let vault = try await world.makeVault()
        try await vault.add(world.application("other"))
        let other = try ApplicationName.named("other")
        #expect(try await vault.token(for: other).value == "token-1")
        try await vault.add(world.application(), replacing: true)
        #expect(try await vault.token(for: other).source == .vault)
    }

    @Test func `of several applications one must be named`() async throws {
        let vault = try await world.makeVault()
        try await vault.add(world.application("aviary"))
        let error = await failure { () async throws(VaultError) in try await vault.token() }
        #expect(error?.code == .noApplication && error?.code.exitStatus == 66)
        #expect(error?.remedy == "Name one of those in the vault: aviary, catalogue")
        #expect(world.server.requests.isEmpty)
        #expect(try await vault.token(for: .named("aviary")).application.description == "aviary")
    }

    @Test func `a name that isn't there is told, with those that are`() async throws {
        let vault = try await world.makeVault()
        let name = try ApplicationName.named("nobody")
        let error = await failure { () async throws(VaultError) in try await vault.token(for: name) }
        #expect(error?.code == .noApplication)
        #expect(error?.sentence == "There is no application nobody in the vault.")
        #expect(error?.remedy.contains("catalogue") == true)
    }

    @Test func `an application is found however its name is written`() async throws {
        let vault = try await world.makeVault()
        try await vault.add(world.application("\u{E9}diteur"))
        #expect(try await vault.token(for: .named("e\u{301}diteur")).value == "token-1")
    }

    @Test func `two vaults change one file in turns, and lose nothing`() async throws {
        let first = try await world.makeVault()
        let second = try await world.open()
        try await withThrowingTaskGroup { group in
            for index in 0..<6 {
                let vault = index.isMultiple(of: 2) ? first : second
                let application = ApplicationBox(try world.application("app \(index)"))
                group.addTask { try await vault.add(application.value) }
            }
            try await group.waitForAll()
        }
        #expect(try await world.open().applications().count == 7)
        #expect(try first.contents.read().header.record.generation == 7)
    }

    @Test func `nothing of a secret stands in the vault's files`() async throws {
        let canary = Canary()
        let other = Canary()
        let vault = try await world.makeVault(secret: canary.text)
        world.server.willAnswer(.token(other.text))
        #expect(try await vault.token().value == other.text)
        for name in ["vault.db", "vault.db.lock", "key"] {
            canary.expectAbsent(in: try world.folder.read(name), named: name)
            other.expectAbsent(in: try world.folder.read(name), named: name)
        }
    }
}

/// An application on its way into a task.
private final class ApplicationBox: Sendable {
    let value: NewApplication
    init(_ value: consuming NewApplication) { self.value = value }
}
