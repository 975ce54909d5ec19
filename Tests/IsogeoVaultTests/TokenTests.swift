import Foundation
import Synchronization
import Testing
import VaultHTTP
import VaultOAuth
import VaultTestSupport

@testable import IsogeoVault

/// When the server is asked, and when not.
@Suite struct TokenTests {
    let world: VaultFixture

    init() throws { world = try VaultFixture() }

    private var asked: Int { world.server.requests.count }

    @Test func `a second token asks nobody, in this vault or another`() async throws {
        let vault = try await world.makeVault()
        let first = try await vault.token()
        #expect(first.value == "token-1" && first.source == .endpoint && first.remainingSeconds == 3600)
        #expect(first.expires.timeIntervalSince1970 == 1_900_003_600)
        #expect(
            world.server.requests == [
                .init(
                    url: "https://id.example/oauth/token",
                    pair: "client:a secret",
                    body: "grant_type=client_credentials"
                )
            ]
        )
        world.clock.advance(by: 100)
        let second = try await vault.token()
        #expect(second.value == "token-1" && second.source == .vault && second.remainingSeconds == 3500)
        #expect(try await world.open().token().source == .vault)
        #expect(asked == 1)
    }

    @Test func `after its time another one is asked for, once`() async throws {
        let vault = try await world.makeVault()
        _ = try await vault.token()
        world.clock.advance(by: 3539)
        #expect(try await vault.token().value == "token-1")
        world.clock.advance(by: 1)
        #expect(try await vault.token().value == "token-2")
        #expect(try await vault.token().value == "token-2")
        #expect(asked == 2)
        // The old one is gone, and not only hidden.
        world.clock.advance(by: 100)
        #expect(try vault.contents.application(nil).tokens.count == 1)
    }

    @Test func `a clock that was set back makes no token live longer`() async throws {
        let vault = try await world.makeVault()
        _ = try await vault.token()
        world.clock.advance(by: -61)
        #expect(try await vault.token().value == "token-2")
    }

    @Test func `each scope has its own token`() async throws {
        let vault = try await world.makeVault()
        let reading = TokenOptions(scope: "resources:read")
        #expect(try await vault.token().value == "token-1")
        #expect(try await vault.token(reading).value == "token-2")
        #expect(try await vault.token().value == "token-1")
        #expect(try await vault.token(reading).value == "token-2")
        #expect(world.server.requests.last?.body == "grant_type=client_credentials&scope=resources%3Aread")
    }

    @Test func `a scope that can't be sent is refused before anything else`() async throws {
        let vault = try await world.makeVault()
        let error = await failure { () async throws(VaultError) in try await vault.token(TokenOptions(scope: "a  b")) }
        #expect(error?.code == .usage && asked == 0)
    }

    @Test func `refreshing asks though a token is there`() async throws {
        let vault = try await world.makeVault()
        _ = try await vault.token()
        world.clock.advance(by: 1)
        let refreshed = try await vault.token(TokenOptions(refresh: true))
        #expect(refreshed.value == "token-2" && refreshed.source == .endpoint)
        #expect(try await vault.token().value == "token-2")
    }

    @Test func `another secret asks again`() async throws {
        let vault = try await world.makeVault()
        _ = try await vault.token()
        try await vault.add(world.application(secret: "another"), replacing: true)
        #expect(try await vault.token().value == "token-2")
        #expect(world.server.requests.last?.pair == "client:another")
    }

    // MARK: - Many at once

    @Test(arguments: [1, 2]) func `many who ask at once make one request`(_ vaultCount: Int) async throws {
        let first = try await world.makeVault()
        let vaults = vaultCount == 1 ? [first] : [first, try await world.open()]
        world.server.hold()
        let values = try await withThrowingTaskGroup(of: String.self) { group in
            for index in 0..<4 { group.addTask { try await vaults[index % vaultCount].token().value } }
            try await world.waitForRequests(1)
            try await world.waitForWaiters(4, in: vaults)
            world.server.release()
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(values == [String](repeating: "token-1", count: 4))
        #expect(asked == 1)
    }

    @Test func `whoever refreshes at the same time shares the answer`() async throws {
        let vault = try await world.makeVault()
        _ = try await vault.token()
        world.clock.advance(by: 1)
        world.server.hold()
        let values = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<3 { group.addTask { try await vault.token(TokenOptions(refresh: true)).value } }
            try await world.waitForRequests(2)
            try await world.waitForWaiters(3, in: [vault])
            world.server.release()
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(values == ["token-2", "token-2", "token-2"])
        #expect(asked == 2)
    }

    @Test func `one vault that ends takes no lease from another`() async throws {
        let first = try await world.makeVault()
        world.server.hold()
        let values = try await withThrowingTaskGroup(of: String.self) { group in
            group.addTask { try await first.token().value }
            try await world.waitForRequests(1)
            // It opens the lock file too, and closes it.
            do {
                let second = try await world.open()
                let other = try world.application("other")
                try await second.add(other)
            }
            let third = try await world.open()
            group.addTask { try await third.token(for: .named("catalogue")).value }
            try await world.waitForWaiters(1, in: [third])
            world.server.release()
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(values == ["token-1", "token-1"])
        #expect(asked == 1)
    }

    // MARK: - What the server grants

    @Test func `a minimum beyond what the server grants is an error with both numbers`() async throws {
        let vault = try await world.makeVault()
        world.server.willAnswer(.token("short", expiresIn: "300"))
        let error = await failure { () async throws(VaultError) in
            try await vault.token(TokenOptions(minimumLifetime: 600))
        }
        #expect(error?.code == .unexpectedAnswer)
        #expect(error?.sentence.contains("300 s") == true && error?.sentence.contains("600 s") == true)
        // The token that came all the same is there for whoever wants less.
        #expect(try await vault.token(TokenOptions(minimumLifetime: 200)).value == "short")
        // What was granted for less would be granted for less again: that is no reason to ask each time.
        let again = await failure { () async throws(VaultError) in
            try await vault.token(TokenOptions(minimumLifetime: 600))
        }
        #expect(again?.code == .unexpectedAnswer)
        #expect(asked == 1)
    }

    @Test func `a minimum passes over a token that ends before`() async throws {
        let vault = try await world.makeVault()
        _ = try await vault.token()
        world.clock.advance(by: 1800)
        #expect(try await vault.token(TokenOptions(minimumLifetime: 1799)).value == "token-1")
        #expect(try await vault.token(TokenOptions(minimumLifetime: 1800)).value == "token-2")
    }

    @Test(arguments: ["0", "-1"]) func `a token for this moment alone is given and not kept`(_ life: String)
        async throws
    {
        let vault = try await world.makeVault()
        world.server.willAnswer(.token("moment", expiresIn: life))
        let token = try await vault.token()
        #expect(token.value == "moment" && token.remainingSeconds == 0)
        #expect(try vault.contents.application(nil).tokens.isEmpty)
        #expect(try await vault.token().value == "token-2")
    }

    @Test func `more than a day is taken as a day`() async throws {
        let vault = try await world.makeVault()
        world.server.willAnswer(.token("long", expiresIn: "999999999"))
        #expect(try await vault.token().remainingSeconds == 86_400)
    }

    @Test func `a lifetime that the server doesn't tell is taken for an hour, and that is said`() async throws {
        let vault = try await world.makeVault()
        world.server.willAnswer(.token("untold", expiresIn: "null"))
        #expect(try await vault.token().remainingSeconds == 3600)
        #expect(world.warnings.count == 1 && world.warnings[0].contains("an hour"))
    }

    @Test func `a lifetime counts from when the request was sent`() async throws {
        let vault = try await world.makeVault()
        world.server.whileAsked { [clock = world.clock] in clock.advance(by: 20) }
        let token = try await vault.token()
        #expect(token.expires.timeIntervalSince1970 == 1_900_003_600 && token.remainingSeconds == 3580)
    }

    // MARK: - Failures

    @Test func `a refused credential is told, and asked for once`() async throws {
        let vault = try await world.makeVault()
        world.server.willAnswer(.status(401, #"{"error":"invalid_client"}"#))
        let error = await failure { () async throws(VaultError) in try await vault.token() }
        #expect(error?.code == .credentialRefused && error?.code.exitStatus == 67)
        #expect(asked == 1)
    }

    @Test func `while a token still lives, it is given where no new one is to be had, and that is said`() async throws {
        let vault = try await world.makeVault()
        _ = try await vault.token()
        world.clock.advance(by: 3590)
        world.server.willAnswer(.status(400, #"{"error":"invalid_request"}"#))
        let token = try await vault.token()
        #expect(token.value == "token-1" && token.source == .vault && token.remainingSeconds == 10)
        #expect(asked == 2)
        #expect(world.warnings.count == 1 && world.warnings[0].contains("while it lives"))
    }

    @Test func `with less than five seconds left it isn't given`() async throws {
        let vault = try await world.makeVault()
        _ = try await vault.token()
        world.clock.advance(by: 3595)
        world.server.willAnswer(.status(400, #"{"error":"invalid_request"}"#))
        let error = await failure { () async throws(VaultError) in try await vault.token() }
        #expect(error?.code == .unexpectedAnswer)
    }

    @Test func `with less left than is wanted it isn't given`() async throws {
        let vault = try await world.makeVault()
        _ = try await vault.token()
        world.clock.advance(by: 3000)
        world.server.willAnswer(.failure(.tls(.expired)))
        let error = await failure { () async throws(VaultError) in
            try await vault.token(TokenOptions(minimumLifetime: 700))
        }
        #expect(error?.code == .unexpectedAnswer && world.warnings.isEmpty)
    }

    @Test func `refreshing never gives an old token`() async throws {
        let vault = try await world.makeVault()
        _ = try await vault.token()
        world.clock.advance(by: 1)
        world.server.willAnswer(.status(401, ""))
        let error = await failure { () async throws(VaultError) in try await vault.token(TokenOptions(refresh: true)) }
        #expect(error?.code == .credentialRefused)
        #expect(try await vault.token().value == "token-1")
    }

    @Test func `a token that can't be kept is given all the same`() async throws {
        let vault = try await world.makeVault()
        let copy = try world.copy(to: "copy.db")
        world.server.whileAsked { [path = world.path] in _ = unsafe rename(copy, path) }
        #expect(try await vault.token().value == "token-1")
        #expect(world.warnings.count == 1 && world.warnings[0].hasPrefix("The token isn't kept. "))
    }

    @Test(.unprivileged) func `a vault that can only be read gives tokens, and says that none is kept`() async throws {
        _ = try await world.makeVault()
        #expect(unsafe chmod(world.folder.path, 0o500) == 0)
        defer { _ = unsafe chmod(world.folder.path, 0o700) }
        let vault = try await world.open()
        #expect(vault.isReadOnly)
        #expect(try await vault.token().value == "token-1")
        // This process has it in its memory; another one has to ask.
        #expect(try await vault.token().value == "token-1")
        #expect(try await world.open().token().value == "token-2")
        #expect(world.warnings.contains { $0.contains("is read-only: the token isn't kept") })
        #expect(world.warnings.allSatisfy { !$0.contains("()") })
        let application = try NewApplication(clientSecrets: TestPaths.fixture("client_secrets.json"))
        let error = await failure { () async throws(VaultError) in try await vault.add(application) }
        #expect(error?.code == .inputOutput)
    }

    @Test(.unprivileged) func `a cached token is given by a vault that can only be read`() async throws {
        _ = try await world.makeVault().token()
        #expect(unsafe chmod(world.path, 0o400) == 0)
        let vault = try await world.open()
        let token = try await vault.token()
        #expect(vault.isReadOnly && token.source == .vault && token.value == "token-1")
        #expect(world.warnings.isEmpty)
    }
}
