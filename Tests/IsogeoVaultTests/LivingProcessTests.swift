import Foundation
import Synchronization
import Testing
import VaultHTTP
import VaultOAuth
import VaultTestSupport

@testable import IsogeoVault

/// What a process that lives for weeks meets: hits, renewals, clocks that jump, and APIs that refuse a token.
@Suite struct LivingProcessTests {
    let world: VaultFixture

    init() throws { world = try VaultFixture() }

    private var asked: Int { world.server.requests.count }

    /// Waits until what was under way has landed.
    private func landed(_ vault: Vault, _ value: String) async throws {
        let isSo = try await eventually { vault.tokens.values == [value] && !vault.tokens.hasFlights }
        #expect(isSo, "\(vault.tokens.values)")
    }

    // MARK: - Hits

    @Test func `a token at hand needs no file and suspends nobody`() async throws {
        let vault = try await world.makeVault()
        _ = try await vault.token()
        #expect(unsafe rename(world.path, world.folder("elsewhere.db")) == 0)
        let counting = CountingExecutor()
        try await withTaskExecutorPreference(counting) { () async throws in
            let before = counting.count
            for _ in 0..<1000 { #expect(try await vault.token().value == "token-1") }
            #expect(counting.count == before)
        }
        #expect(asked == 1)
    }

    @Test func `offline asks nobody`() async throws {
        let vault = try await world.makeVault()
        let offline = TokenOptions(offline: true)
        let error = await failure { () async throws(VaultError) in try await vault.token(offline) }
        #expect(error?.code == .noToken && error?.code.exitStatus == 66)
        _ = try await vault.token()
        #expect(try await vault.token(offline).value == "token-1")
        #expect(try await world.open().token(offline).value == "token-1")
        world.clock.advance(by: 3540)
        #expect(await failure { () async throws(VaultError) in try await vault.token(offline) }?.code == .noToken)
        let both = TokenOptions(refresh: true, offline: true)
        #expect(await failure { () async throws(VaultError) in try await vault.token(both) }?.code == .usage)
        #expect(asked == 1)
    }

    @Test func `what this process changes, it doesn't remember otherwise`() async throws {
        let vault = try await world.makeVault()
        try await vault.add(world.application("other", secret: "other"))
        try await vault.setDefault(.named("catalogue"))
        #expect(try await vault.token().value == "token-1")
        try await vault.setDefault(.named("other"))
        #expect(try await vault.token().value == "token-2")
        try await vault.forget(nil)
        #expect(try await vault.token().value == "token-3")
        try await vault.rotate(.named("other"), to: world.application("x", secret: "new"))
        #expect(try await vault.token().value == "token-4")
        try await vault.rename(.named("other"), to: .named("plans"))
        #expect(try await vault.token().application == .named("plans"))
        try await vault.remove(.named("plans"))
        #expect(try await vault.token().application == .named("catalogue"))
        #expect(asked == 5)
    }

    @Test func `what others change is noticed at the end of the token, or by reload`() async throws {
        let (vault, other) = (try await world.makeVault(), try await world.open())
        #expect(try await vault.token().value == "token-1")
        try await other.add(world.application(secret: "another"), replacing: true)
        #expect(try await vault.token().value == "token-1")
        try await vault.reload()
        #expect(try await vault.token().value == "token-2")
        try await other.forget(nil)
        #expect(try await vault.token().value == "token-2")
        world.clock.advance(by: 3540)
        #expect(try await vault.token().value == "token-3")
    }

    // MARK: - Renewal

    @Test func `in its last tenth a token is renewed while it is still given out`() async throws {
        let vault = try await world.makeVault()
        _ = try await vault.token()
        world.clock.advance(by: 3239)
        #expect(try await vault.token().value == "token-1")
        #expect(asked == 1 && !vault.tokens.hasFlights)
        world.server.hold()
        world.clock.advance(by: 1)
        for _ in 0..<100 { #expect(try await vault.token().value == "token-1") }
        try await world.waitForRequests(2)
        #expect(try await vault.token().value == "token-1")
        world.server.release()
        try await landed(vault, "token-2")
        #expect(try await vault.token().value == "token-2")
        #expect(asked == 2)
    }

    @Test func `a token that nobody needs is renewed by nobody, however long it sleeps`() async throws {
        let vault = try await world.makeVault()
        _ = try await vault.token()
        world.clock.advance(by: 100_000)
        #expect(asked == 1)
        world.server.hold()
        let values = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<50 { group.addTask { try await vault.token().value } }
            try await world.waitForWaiters(50, in: [vault])
            world.server.release()
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(values == ["token-2"] && asked == 2)
    }

    @Test func `what another process has renewed is taken`() async throws {
        let (vault, other) = (try await world.makeVault(), try await world.open())
        _ = try await vault.token()
        world.clock.advance(by: 3300)
        #expect(try await other.token(TokenOptions(refresh: true)).value == "token-2")
        #expect(try await vault.token().value == "token-1")
        try await landed(vault, "token-2")
        #expect(asked == 2)
    }

    @Test func `a renewal that fails leaves the token in use, is told, and waits before the next`() async throws {
        let vault = try await world.makeVault()
        _ = try await vault.token()
        world.clock.advance(by: 3300)
        world.server.willAnswer(.failure(.tls(.expired)), .failure(.tls(.expired)))
        #expect(try await vault.token().value == "token-1")
        #expect(try await eventually { !vault.tokens.hasFlights })
        for _ in 0..<100 { #expect(try await vault.token().value == "token-1") }
        #expect(asked == 2 && world.warnings.count == 1 && world.warnings[0].contains("while it lives"))
        // At most five seconds, then at most ten.
        world.clock.advance(by: 5)
        #expect(try await vault.token().value == "token-1")
        #expect(try await eventually { !vault.tokens.hasFlights && asked == 3 })
        world.clock.advance(by: 4)
        for _ in 0..<100 { #expect(try await vault.token().value == "token-1") }
        #expect(asked == 3)
        world.clock.advance(by: 6)
        #expect(try await vault.token().value == "token-1")
        try await landed(vault, "token-4")
        #expect(world.warnings.count == 2)
    }

    @Test func `however many find a token in its last tenth, one renewal is begun`() async throws {
        let vault = try await world.makeVault()
        _ = try await vault.token()
        world.clock.advance(by: 3300)
        world.server.hold()
        world.server.willAnswer(.failure(.tls(.expired)))
        for _ in 0..<50 { #expect(try await vault.token().value == "token-1") }
        try await world.waitForRequests(2)
        world.server.release()
        #expect(try await eventually { !vault.tokens.hasFlights })
        // Each that was begun would tell of the failure.
        #expect(world.warnings.count == 1 && asked == 2)
    }

    @Test func `while the server is left in peace, a token past its skew is given without asking`() async throws {
        let vault = try await world.makeVault()
        _ = try await vault.token()
        world.clock.advance(by: 3545)
        world.server.willAnswer(.failure(.tls(.expired)))
        #expect(try await vault.token().value == "token-1")
        for _ in 0..<10 { #expect(try await vault.token().value == "token-1") }
        #expect(asked == 2 && world.warnings.count == 1)
        #expect(try await vault.token(TokenOptions(minimumLifetime: 60)).value == "token-3")
    }

    @Test func `whoever comes while a token is renewed, after its end, waits for that`() async throws {
        let vault = try await world.makeVault()
        _ = try await vault.token()
        world.clock.advance(by: 3500)
        world.server.hold()
        #expect(try await vault.token().value == "token-1")
        try await world.waitForRequests(2)
        world.clock.advance(by: 40)
        async let next = vault.token()
        try await world.waitForWaiters(1, in: [vault])
        world.server.release()
        #expect(try await next.value == "token-2" && asked == 2)
    }

    @Test func `closing ends a renewal, and what it brings is kept by nobody`() async throws {
        let vault = try await world.makeVault()
        _ = try await vault.token()
        world.clock.advance(by: 3300)
        world.server.hold()
        _ = try await vault.token()
        try await world.waitForRequests(2)
        weak let contents = try vault.contents
        vault.close()
        world.server.release()
        #expect(try await eventually { contents == nil })
        #expect(await failure { () async throws(VaultError) in try await vault.token() }?.code == .locked)
    }

    // MARK: - Clocks

    @Test func `a clock of the day that stands still lengthens no life`() async throws {
        let vault = try await world.makeVault()
        _ = try await vault.token()
        world.clock.passUnseen(3000)
        #expect(try await vault.token().remainingSeconds == 600)
        world.clock.passUnseen(540)
        // The file knows the other clock alone, and is believed by whoever hasn't held the token.
        #expect(try await world.open().token().value == "token-1")
        #expect(try await vault.token().value == "token-2")
    }

    @Test func `a token that is given for want of a new one gets no new measure of its age`() async throws {
        let vault = try await world.makeVault()
        _ = try await vault.token()
        world.clock.passUnseen(3545)
        world.server.willAnswer(.failure(.tls(.expired)), .failure(.tls(.expired)))
        #expect(try await vault.token().remainingSeconds == 55)
        world.clock.passUnseen(50)
        let error = await failure { () async throws(VaultError) in try await vault.token() }
        #expect(error?.code == .unexpectedAnswer && asked == 3)
    }

    @Test func `a clock that is set back shortens the life that it would lengthen`() async throws {
        let vault = try await world.makeVault()
        _ = try await vault.token()
        world.clock.advance(by: 1000)
        world.clock.set(world.clock.now - 1030)
        #expect(try await vault.token().remainingSeconds == 2600)
    }

    @Test func `a clock that jumps forward makes the token one that has ended`() async throws {
        let vault = try await world.makeVault()
        _ = try await vault.token()
        world.clock.set(world.clock.now + 3600)
        #expect(try await vault.token().value == "token-2")
        world.clock.set(world.clock.now - 3600)
        #expect(try await vault.token().value == "token-3")
        #expect(try await vault.token().value == "token-3")
    }

    @Test func `two hosts whose clocks differ by a minute share a token, and by more don't`() async throws {
        let vault = try await world.makeVault()
        _ = try await vault.token()
        world.clock.set(world.clock.now - 60)
        let behind = try await world.open().token()
        #expect(behind.value == "token-1" && behind.remainingSeconds == 3600)
        world.clock.set(world.clock.now - 1)
        #expect(try await world.open().token().value == "token-2")
    }

    // MARK: - A token that an API refuses

    @Test func `a refused token is replaced once, however many tell of it`() async throws {
        let vault = try await world.makeVault()
        let first = try await vault.token()
        for _ in 0..<20 { #expect(try await vault.invalidate(first)) }
        #expect(try vault.contents.application(nil).tokens.isEmpty)
        let second = try await vault.token()
        #expect(second.value == "token-2")
        for _ in 0..<20 { #expect(try await vault.invalidate(first)) }
        #expect(try await vault.token().value == "token-2")
        #expect(try await world.open().token().value == "token-2")
        #expect(asked == 2)
    }

    @Test func `a new token that is refused as well stays for a minute`() async throws {
        let vault = try await world.makeVault()
        #expect(try await vault.invalidate(vault.token()))
        for _ in 0..<20 { #expect(try await !vault.invalidate(vault.token())) }
        #expect(asked == 2)
        world.clock.advance(by: 60)
        #expect(try await vault.invalidate(vault.token()))
        #expect(try await vault.token().value == "token-3")
    }

    @Test func `a token that another process has stored meanwhile stays`() async throws {
        let (vault, other) = (try await world.makeVault(), try await world.open())
        let first = try await vault.token()
        _ = try await other.token(TokenOptions(refresh: true))
        #expect(try await vault.invalidate(first))
        #expect(try await vault.token().value == "token-2")
        #expect(asked == 2)
    }

    @Test(.unprivileged) func `a refused token isn't taken again from a vault that can only be read`() async throws {
        _ = try await world.makeVault().token()
        #expect(unsafe chmod(world.path, 0o400) == 0)
        let vault = try await world.open()
        #expect(try await vault.invalidate(vault.token()))
        #expect(try await vault.token().value == "token-2")
        #expect(try await vault.token().value == "token-2")
        #expect(asked == 2)
    }
}

/// Runs tasks on a thread of its own, and counts how often one comes.
private final class CountingExecutor: TaskExecutor {
    private let jobs = Atomic<Int>(0)

    var count: Int { jobs.load(ordering: .relaxed) }

    func enqueue(_ job: consuming ExecutorJob) {
        jobs.add(1, ordering: .relaxed)
        let job = UnownedJob(job)
        Thread.detachNewThread { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
