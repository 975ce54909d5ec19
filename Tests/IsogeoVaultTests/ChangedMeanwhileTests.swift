import Foundation
import Synchronization
import Testing
import VaultOAuth
import VaultTestSupport

@testable import IsogeoVault

/// What another process changes while a call waits for a server, which may take its time on purpose.
@Suite struct ChangedMeanwhileTests {
    let world: VaultFixture
    private let name: ApplicationName

    init() throws {
        world = try VaultFixture()
        name = try .named("catalogue")
    }

    private static let others: [(String, @Sendable (UnlockedVault, ApplicationName) throws -> Void)] = [
        ("trust", { contents, name in try contents.trust(nil, for: name, now: 2) }),
        ("rename", { contents, name in try contents.rename(name, to: .named("old"), now: 2) }),
        ("remove", { contents, name in try contents.remove(name, now: 2) }),
        (
            "swap",
            { contents, name in
                try contents.rename(name, to: .named("old"), now: 2)
                try contents.rename(.named("other"), to: name, now: 2)
            }
        ),
    ]

    @Test(arguments: 0..<others.count) func `a rotation overrules nothing that was changed while it was proven`(
        index: Int
    ) async throws {
        let (other, change) = Self.others[index]
        let vault = try await world.makeVault()
        try await vault.add(world.application("other", id: "another", secret: "the other secret"))
        let second = try await world.open().contents
        world.server.whileAsked { [name] in try? change(second, name) }
        let new = try world.application("catalogue", secret: "a new secret")
        let error = await failure { () async throws(VaultError) in try await vault.rotate(name, to: new) }
        #expect(error?.code == (["trust", "swap"].contains(other) ? .tryAgain : .noApplication), "\(other)")
        #expect(world.server.requests.count == 1)
        for application in try await vault.applications() {
            let secret = try vault.contents.secret(of: vault.contents.application(application.name).application)
            #expect(["a secret", "the other secret"].contains(String(decoding: secret.revealed, as: UTF8.self)))
        }
    }

    @Test func `settings that were taken over replace the very state that they are from`() async throws {
        let vault = try await world.makeVault()
        let present = try await vault.application(name)
        var new = try world.application("catalogue", secret: "a new secret")
        _ = try new.keep(from: present, besides: NewApplication.Options(), saysEncoding: false)
        try await vault.trust(name, caFile: nil)
        let error = await failure { () async throws(VaultError) in _ = try await vault.add(new, replacing: true) }
        #expect(error?.code == .tryAgain && error?.sentence == "Another process changed catalogue meanwhile.")
        var many = NewApplications()
        try many.append(new)
        do throws(VaultError) {
            _ = try await vault.add(many, replacing: true)
            Issue.record("it was replaced")
        } catch {
            #expect(error.code == .tryAgain)
        }
        let again = try await vault.application(name)
        _ = try new.keep(from: again, besides: NewApplication.Options(), saysEncoding: false)
        #expect(try await vault.add(new, replacing: true))
    }

    @Test func `a secret goes to a program with the addresses of its own state alone`() async throws {
        let vault = try await world.makeVault()
        let reading = try await vault.application(name)
        try await vault.add(
            world.application("catalogue", secret: "new", tokenURI: "https://new.example/token"),
            replacing: true
        )
        let error = await failure { () async throws(VaultError) in
            try await vault.handOver(name, as: reading, by: "exec --sdk") { _ in Issue.record("it was handed over") }
        }
        #expect(error?.code == .tryAgain)
        try await vault.handOver(name, as: vault.application(name), by: "exec --sdk") { _ in }
    }

    /// Whenever the application changes, in each look at the clock that the call takes.
    @Test func `a token goes to the API of its own platform, whenever the application changes`() async throws {
        let first = try await world.makeVault()
        try await first.setDefault(name)
        first.close()
        var looks = 0
        while true {
            let changesAt = looks
            let second = try await world.open()
            let count = Mutex(0)
            var dependencies = world.dependencies
            dependencies.now = { [clock = world.clock, name, world] in
                let look = count.withLock { value in
                    defer { value += 1 }
                    return value
                }
                if look == changesAt, let contents = try? second.contents {
                    let secret = "secret \(changesAt)"
                    if let new = try? world.application(
                        name.description,
                        secret: secret,
                        tokenURI: "https://host\(changesAt).example/token"
                    ) {
                        _ = try? contents.add(new, replacing: true, now: clock.now)
                    }
                }
                return clock.now
            }
            let vault = try await Vault.open(
                at: world.path,
                unlocking: .keyFile(world.keyFile),
                dependencies: dependencies
            )
            let (origin, token) = try await vault.withToken(for: nil, TokenOptions()) { (application, _) in
                application.metadata.endpoint.origin
            }
            // Each request was answered by a token of its own number.
            let number = try #require(Int(token.value.dropFirst("token-".count)))
            #expect(world.server.requests[number - 1].url.hasPrefix(origin), "\(changesAt): \(origin)")
            vault.close()
            second.close()
            looks += 1
            if count.withLock({ $0 }) <= changesAt { break }
        }
        #expect(looks > 3)
    }
}
