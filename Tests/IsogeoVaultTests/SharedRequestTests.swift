import Foundation
import Synchronization
import Testing
import VaultHTTP
import VaultOAuth
import VaultStore
import VaultTestSupport

@testable import IsogeoVault

/// One request for all tasks that ask at once, and nobody is held up by it who needn't be.
@Suite struct SharedRequestTests {
    let world: VaultFixture

    init() throws { world = try VaultFixture() }

    private var asked: Int { world.server.requests.count }

    @Test func `a thousand tasks make one request`() async throws {
        let vault = try await world.makeVault()
        world.server.hold()
        let values = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<1000 { group.addTask { try await vault.token().value } }
            try await world.waitForRequests(1)
            try await world.waitForWaiters(1000, in: [vault])
            world.server.release()
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(values == [String](repeating: "token-1", count: 1000))
        #expect(asked == 1)
    }

    @Test func `a thousand tasks share one refusal`() async throws {
        let vault = try await world.makeVault()
        world.server.willAnswer(.status(401, ""))
        world.server.hold()
        let codes = await withTaskGroup(of: VaultError.Code?.self) { group in
            for _ in 0..<1000 {
                group.addTask { await failure { () async throws(VaultError) in try await vault.token() }?.code }
            }
            try? await world.waitForWaiters(1000, in: [vault])
            world.server.release()
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes == [VaultError.Code?](repeating: .credentialRefused, count: 1000))
        #expect(asked == 1)
    }

    @Test func `a task that is cancelled leaves at once, and the request goes on for the others`() async throws {
        let vault = try await world.makeVault()
        world.server.hold()
        let first = Task { try await vault.token() }
        try await world.waitForRequests(1)
        let second = Task { try await vault.token() }
        try await world.waitForWaiters(2, in: [vault])
        first.cancel()
        let error = await #expect(throws: VaultError.self) { try await first.value }
        #expect(error?.code == .cancelled)
        // It was the one who asked, and the server hasn't answered yet.
        #expect(vault.tokens.waiterCount == 1)
        world.server.release()
        #expect(try await second.value.value == "token-1")
        #expect(asked == 1)
    }

    @Test func `a request that nobody waits for any more is brought to its end`() async throws {
        let vault = try await world.makeVault()
        world.server.hold()
        let only = Task { try await vault.token() }
        try await world.waitForRequests(1)
        only.cancel()
        await #expect(throws: VaultError.forTesting(.cancelled)) { try await only.value }
        world.server.release()
        #expect(try await vault.token().value == "token-1")
        #expect(asked == 1)
    }

    @Test func `a task that was cancelled before asks nobody, and takes what is at hand`() async throws {
        let vault = try await world.makeVault()
        let early = Task {
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            return try await vault.token().value
        }
        await #expect(throws: VaultError.forTesting(.cancelled)) { try await early.value }
        #expect(asked == 0)
        _ = try await vault.token()
        let late = Task {
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            return try await vault.token().value
        }
        #expect(try await late.value == "token-1")
    }

    @Test func `a hundred servers that hang hold up neither the program nor the vault`() async throws {
        let vault = try await world.makeVault()
        _ = try await vault.token(for: .named("catalogue"))
        world.server.hold()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<100 {
                group.addTask { _ = try await vault.token(TokenOptions(scope: "hanging-\(number)")) }
            }
            try await world.waitForRequests(101)
            // All hang, and none is answered before what follows is done: a task of the program, what is in the file,
            // another token from the file, and from memory.
            try await Task { try await Task.sleep(for: .milliseconds(1)) }.value
            await MainActor.run {}
            #expect(try await vault.applications().count == 1)
            let catalogue = try ApplicationName.named("catalogue")
            #expect(try await vault.token(for: catalogue).value == "token-1")
            #expect(try await vault.token(for: catalogue).value == "token-1")
            #expect(try await world.open().token(for: catalogue).value == "token-1")
            #expect(vault.tokens.waiterCount == 100)
            world.server.release()
            try await group.waitForAll()
        }
        #expect(asked == 101)
    }

    @Test func `applications, scopes and parameters have tokens of their own, side by side`() async throws {
        let vault = try await world.makeVault()
        try await vault.add(world.application("other", id: "other"))
        let (catalogue, other) = (try ApplicationName.named("catalogue"), try ApplicationName.named("other"))
        let wishes: [(ApplicationName, TokenOptions)] = [
            (catalogue, TokenOptions()), (other, TokenOptions()), (catalogue, TokenOptions(scope: "a b")),
            (catalogue, TokenOptions(parameters: [.init("audience", "é=1"), .init("x", "")])),
            (catalogue, TokenOptions(parameters: [.init("x", ""), .init("audience", "é=1")])),
            (catalogue, TokenOptions(scope: "a b", parameters: [.init("x", "")])),
        ]
        var values: [String] = []
        for (name, options) in wishes + wishes { values.append(try await vault.token(for: name, options).value) }
        #expect(values == (1...6).map { "token-\($0)" } + (1...6).map { "token-\($0)" })
        #expect(
            world.server.requests.map(\.body)
                == [
                    "", "", "&scope=a+b", "&audience=%C3%A9%3D1&x=", "&x=&audience=%C3%A9%3D1", "&scope=a+b&x=",
                ].map { "grant_type=client_credentials\($0)" }
        )
    }

    @Test(arguments: ["grant_type", "scope", "client_id", "client_secret", ""])
    func `a parameter that is the grant's own, or has no name, is refused`(_ name: String) async throws {
        let vault = try await world.makeVault()
        let error = await failure { () async throws(VaultError) in
            try await vault.token(for: nil, TokenOptions(parameters: [.init(name, "x")]))
        }
        #expect(error?.code == .usage && asked == 0)
    }

    // MARK: - Several vaults, as several processes would

    @Test func `those who wait share a failure, and whoever comes later asks`() async throws {
        let vaults = [try await world.makeVault(), try await world.open(), try await world.open()]
        world.server.willAnswer(.status(400, #"{"error":"invalid_scope"}"#))
        world.server.hold()
        let codes = await withTaskGroup(of: VaultError.Code?.self) { group in
            for vault in vaults {
                group.addTask { await failure { () async throws(VaultError) in try await vault.token() }?.code }
            }
            try? await world.waitForWaiters(3, in: vaults)
            world.server.release()
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes == [.unexpectedAnswer, .unexpectedAnswer, .unexpectedAnswer])
        #expect(asked == 1)
        #expect(try await vaults[1].token().value == "token-2")
    }

    @Test func `those who wait share the news that the server grants too little`() async throws {
        let vaults = [try await world.makeVault(), try await world.open(), try await world.open()]
        world.server.hold()
        let codes = await withTaskGroup(of: VaultError.Code?.self) { group in
            for vault in vaults {
                group.addTask {
                    await failure { () async throws(VaultError) in
                        try await vault.token(TokenOptions(minimumLifetime: 4000))
                    }?.code
                }
            }
            try? await world.waitForWaiters(3, in: vaults)
            world.server.release()
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes == [.unexpectedAnswer, .unexpectedAnswer, .unexpectedAnswer])
        #expect(asked == 1)
    }

    @Test func `a secret that is replaced while the server is asked leaves no token behind`() async throws {
        let (vault, other) = (try await world.makeVault(), try await world.open())
        world.server.hold()
        async let old = vault.token()
        try await world.waitForRequests(1)
        try await other.add(world.application(secret: "another"), replacing: true)
        world.server.release()
        // It was granted, so that it is given; nobody is given it again.
        #expect(try await old.value == "token-1")
        #expect(try other.contents.application(nil).tokens.isEmpty)
        #expect(try await vault.token().value == "token-2")
        #expect(world.server.requests.map(\.pair) == ["client:a secret", "client:another"])
    }

    @Test func `an application that gets another name while somebody waits is asked for under that`() async throws {
        let (vault, other) = (try await world.makeVault(), try await world.open())
        world.server.willAnswer(.failure(.configuration(.keyLogging)))
        world.server.hold()
        let first = Task { try await vault.token(for: nil, TokenOptions(refresh: true)) }
        try await world.waitForRequests(1)
        // It has looked, and waits for its turn.
        let second = Task { try await other.token(for: nil, TokenOptions(scope: nil, refresh: true)) }
        try await world.waitForWaiters(1, in: [other])
        try await world.open().rename(.named("catalogue"), to: .named("plans"))
        try await world.open().add(world.application("plans", secret: "another"), replacing: true)
        world.server.release()
        _ = await first.result
        #expect(try await second.value.application == .named("plans"))
        #expect(world.server.requests.map(\.pair) == ["client:a secret", "client:another"])
    }

    // MARK: - The time of a call

    private func acquirer(_ vault: Vault, until deadline: ContinuousClock.Instant) throws -> TokenAcquirer {
        TokenAcquirer(
            contents: try vault.contents,
            dependencies: world.dependencies,
            key: TokenKey(nil, TokenOptions()),
            options: TokenOptions(),
            purpose: .use,
            rejected: [],
            held: nil,
            interruption: nil,
            deadline: deadline
        )
    }

    @Test func `the wait for another process counts as the call's time`() async throws {
        let first = try await world.makeVault()
        var patient = world.dependencies
        patient.connection.timeLimit = .seconds(60)
        let second = try await Vault.open(at: world.path, unlocking: .keyFile(world.keyFile), dependencies: patient)
        // Other processes aren't told of this failure, so that the second sends a request of its own.
        world.server.willAnswer(.failure(.configuration(.keyLogging)))
        world.server.hold()
        let failing = Task { try await first.token() }
        try await world.waitForRequests(1)
        let waiting = Task { try await second.token() }
        try await world.waitForWaiters(1, in: [second])
        // Time that the second waits at least; a slow machine makes it more.
        try await Task.sleep(for: .milliseconds(300))
        world.server.release()
        _ = await failing.result
        #expect(try await waiting.value.value == "token-2")
        #expect(try #require(world.server.timeLimits.last) < .seconds(60) - .milliseconds(250))
    }

    @Test func `a process that doesn't finish is waited for until the end of the call's time`() async throws {
        let (vault, other) = (try await world.makeVault(), try await world.open())
        let acquirer = try acquirer(vault, until: .now)
        guard case .wanted(let miss) = try acquirer.look() else { throw CancellationError() }
        world.server.hold()
        let holder = Task { try await other.token().value }
        try await world.waitForRequests(1)
        // The other is answered in ten seconds, unless the wait ends before that.
        let (world, answer) = (world, Task { try await Task.sleep(for: .seconds(10)) })
        Task {
            _ = await answer.result
            world.server.release()
        }
        let error = await failure { () async throws(VaultError) in try acquirer.ask(miss) }
        answer.cancel()
        #expect(error?.code == .tryAgain)
        await #expect(throws: CancellationError.self) { try await answer.value }
        #expect(try await holder.value == "token-1" && asked == 1)
    }

    @Test func `the token that a rotation leaves is taken by the one who waited meanwhile`() async throws {
        let (vault, other) = (try await world.makeVault(), try await world.open())
        let acquirer = try acquirer(vault, until: .now + .seconds(30))
        guard case .wanted(let miss) = try acquirer.look() else { throw CancellationError() }
        try await other.rotate(.named("catalogue"), to: world.application(secret: "another"))
        #expect(try acquirer.ask(miss).token.value == "token-1")
        #expect(world.server.requests.map(\.pair) == ["client:another"])
    }
}
