import Testing
import VaultOAuth
import VaultTestSupport

@testable import IsogeoVault

/// Tokens that a credential gives before, or without, being in a vault.
@Suite struct NewApplicationProofTests {
    let world: VaultFixture
    let canary = Canary()

    init() throws { world = try VaultFixture() }

    @Test func `the token that proved an application is the first that it gives`() async throws {
        let vault = try await world.makeVault()
        let application = try world.application("second", id: "second", secret: canary.text)
        let proof = try await application.prove(scope: nil, dependencies: world.dependencies)
        try await vault.add(application, proven: proof)
        let token = try await vault.token(for: ApplicationName.named("second"))
        #expect(token.value == "token-1" && token.source == .vault)
        #expect(world.server.requests.map(\.pair) == ["second:\(canary.text)"])
        let events = try await vault.auditTrail().entries.suffix(2).map(\.event.kind)
        #expect(events == [.imported, .tokenRequested])
        try canary.expectAbsent(in: world.folder.read("vault.db"), named: "the vault")
    }

    @Test func `a proof is kept in a new vault, and with a replaced application`() async throws {
        let application = try world.application()
        let first = try await application.prove(scope: nil, dependencies: world.dependencies)
        let vault = try await Vault.create(
            at: world.path,
            protectedBy: .keyFile(world.keyFile),
            importing: application,
            proven: first,
            dependencies: world.dependencies
        )
        #expect(try await vault.token().value == "token-1")
        let second = try await application.prove(scope: nil, dependencies: world.dependencies)
        #expect(try await vault.add(application, replacing: true, proven: second))
        let token = try await vault.token()
        #expect(token.value == "token-2" && token.source == .vault)
        #expect(world.server.requests.count == 2)
        #expect(try await vault.verify().findings.isEmpty)
    }

    @Test func `a proof for a scope answers for that scope alone`() async throws {
        let application = try world.application()
        let vault = try await world.makeVault()
        let proof = try await application.prove(scope: "resources:read", dependencies: world.dependencies)
        try await vault.add(application, replacing: true, proven: proof)
        #expect(try await vault.token(TokenOptions(scope: "resources:read")).value == "token-1")
        #expect(try await vault.token().value == "token-2")
    }

    @Test func `a proof that may not be kept proves all the same`() async throws {
        world.server.willAnswer(.token("for-now", expiresIn: "0"))
        let application = try world.application()
        let proof = try await application.prove(scope: nil, dependencies: world.dependencies)
        let vault = try await world.makeVault()
        try await vault.add(application, replacing: true, proven: proof)
        #expect(try await vault.token().value == "token-2")
    }

    @Test func `the proof of another application is not taken`() async throws {
        let vault = try await world.makeVault()
        let proof = try await world.application(secret: canary.text).prove(scope: nil, dependencies: world.dependencies)
        let other = try world.application("other", secret: canary.text)
        let error = await failure { () async throws(VaultError) in try await vault.add(other, proven: proof) }
        #expect(error?.code == .usage)
        #expect(try await vault.applications().count == 1)
    }

    @Test func `nothing is added when the server refuses, and nothing is told of the secret`() async throws {
        let echo = #"{"error":"invalid_client","error_description":"no \#(canary.text) here"}"#
        world.server.willAnswer(.status(401, echo), .status(401, echo))
        let application = try world.application(secret: canary.text)
        for error in [
            await failure { () async throws(VaultError) in
                try await application.prove(scope: nil, dependencies: world.dependencies)
            },
            await failure { () async throws(VaultError) in
                try await application.token(TokenOptions(), dependencies: world.dependencies)
            },
        ] {
            #expect(error?.code == .credentialRefused)
            canary.expectAbsent(in: String(reflecting: error).utf8, named: "the error")
            canary.expectAbsent(in: (error?.description ?? "").utf8, named: "the error")
        }
        #expect(world.server.requests.count == 2)
    }

    @Test func `rotating takes the new secret when it has given a token, which is kept`() async throws {
        let vault = try await world.makeVault(secret: "old")
        _ = try await vault.token()
        try await vault.rotate(ApplicationName.named("catalogue"), to: world.application("x", secret: canary.text))
        let token = try await vault.token()
        #expect(token.value == "token-2" && token.source == .vault)
        #expect(world.server.requests.map(\.pair) == ["client:old", "client:\(canary.text)"])
        #expect(try await vault.holds(world.application(secret: canary.text)))
    }

    @Test func `rotating to a secret that is refused changes nothing`() async throws {
        let vault = try await world.makeVault(secret: "old")
        world.server.willAnswer(.status(401, #"{"error":"invalid_client"}"#))
        let new = try world.application(secret: canary.text)
        let error = await failure { () async throws(VaultError) in try await vault.rotate(new.name, to: new) }
        #expect(error?.code == .credentialRefused)
        #expect(try await vault.holds(world.application(secret: "old")))
    }

    // MARK: - Tokens without a vault

    @Test func `a credential gives a token that is kept nowhere`() async throws {
        let application = try world.application(secret: canary.text)
        for number in 1...2 {
            let token = try await application.token(TokenOptions(scope: "a b"), dependencies: world.dependencies)
            #expect(token.value == "token-\(number)" && token.source == .endpoint && token.remainingSeconds == 3600)
            #expect(token.application.description == "catalogue")
        }
        #expect(
            world.server.requests.map(\.body) == Array(repeating: "grant_type=client_credentials&scope=a+b", count: 2)
        )
        #expect(try await Vault.exists(at: world.path) == false)
    }

    @Test func `a token for this moment alone is given`() async throws {
        world.server.willAnswer(.token("for-now", expiresIn: "0"))
        let token = try await world.application().token(TokenOptions(), dependencies: world.dependencies)
        #expect(token.value == "for-now" && token.remainingSeconds == 0)
    }

    @Test func `a lifetime that is assumed is told`() async throws {
        world.server.willAnswer(.token("token", expiresIn: "null"))
        let token = try await world.application().token(TokenOptions(), dependencies: world.dependencies)
        #expect(token.remainingSeconds == 3600 && world.warnings.count == 1)
    }

    @Test(arguments: ["0", "59", "60"]) func `a server that grants less than is wanted isn't lied about`(
        _ granted: String
    )
        async throws
    {
        world.server.willAnswer(.token("token", expiresIn: granted))
        let application = try world.application()
        let error = await failure { () async throws(VaultError) in
            try await application.token(TokenOptions(minimumLifetime: 60), dependencies: world.dependencies)
        }
        #expect(error?.code == .unexpectedAnswer)
        #expect(error?.sentence.contains("\(granted) s, which is no more than the 60 s") == true)
    }

    @Test func `a scope that can't be asked for costs no request`() async throws {
        let application = try world.application()
        let error = await failure { () async throws(VaultError) in
            try await application.prove(scope: "two  spaces", dependencies: world.dependencies)
        }
        #expect(error?.code == .usage && world.server.requests.isEmpty)
    }
}
