import Foundation
import Synchronization
import Testing
import VaultSystem
import VaultTestSupport

@testable import IsogeoVault

/// What the threads of a test share.
private final class Run: Sendable {
    /// A call that begins now gets a token with this number, or a newer one, or none.
    let least = Atomic(0)
    /// The token that a thread got.
    let given = Atomic(0)
    /// How many calls got one from before.
    let wrong = Atomic(0)
    let isOver = Atomic(false)
}

/// Each processor's copies of the cached tokens: all of them change as one.
@Suite struct TokenStripesTests {
    private static let start = Moment(now: 1_900_000_000, uptime: 5_000_000)
    private let cache = TokenCache()
    private let key: TokenKey
    private let name: ApplicationName

    init() throws {
        name = try .named("an application with a long name")
        key = TokenKey(name, TokenOptions(scope: "a scope with a long name", parameters: [.init("audience", "others")]))
    }

    /// A text that Swift keeps on the heap.
    private func text(_ number: Int) -> String { "a token with the number \(number), and no other" }

    private func result(_ number: Int) -> TokenResult {
        let lifetime = TokenLifetime(asked: Self.start.now, expires: Self.start.now + 3600 + Int64(number))
        return TokenResult(StoredToken(value: text(number), lifetime: lifetime), of: name, id: [1], .endpoint)
    }

    private func hold(_ number: Int, _ key: TokenKey, at moment: Moment = start) throws {
        let flightKey = TokenCache.FlightKey(token: key, minimum: 0, refreshing: nil)
        let flight = try cache.joinOrStart(flightKey).flight
        cache.complete(flight, flightKey, .success(result(number)), at: moment)
    }

    /// What a call gets.
    private func token(_ key: TokenKey, at moment: Moment = start) throws -> String? {
        try cache.token(for: key, minimum: 0, at: moment) { _, _ in }?.value
    }

    /// What each processor has a copy of.
    private func copies(_ key: TokenKey, minimum: Int64 = 0, at moment: Moment = start) -> [String?] {
        (0..<min(32, Processor.count)).map {
            cache.stripes.token(for: key, minimum: minimum, at: moment, on: $0)?.value
        }
    }

    private func all(_ value: String?) -> [String?] { .init(repeating: value, count: min(32, Processor.count)) }

    @Test func `the first call that finds a token copies it for all processors`() throws {
        try hold(1, key)
        #expect(copies(key) == all(nil))
        #expect(try token(key) == text(1))
        #expect(copies(key) == all(text(1)))
    }

    @Test func `no copy outlives what it was copied from`() throws {
        let changes: [(String, () throws -> Void, left: Int?)] = [
            ("a newer token", { try hold(2, key) }, 2),
            ("an API refuses it", { _ = cache.reject(text(2), id: [1], at: Self.start) }, nil),
            ("another one", { try hold(3, key) }, 3),
            ("all are dropped", { cache.drop() }, nil),
            ("one after that", { try hold(4, key) }, 4),
        ]
        try hold(1, key)
        for (change, make, left) in changes {
            _ = try token(key)
            try make()
            #expect(copies(key) == all(nil), "\(change)")
            #expect(try token(key) == left.map(text), "\(change)")
        }
        cache.close()
        #expect(copies(key) == all(nil))
        #expect(throws: VaultError.self) { try token(key) }
    }

    @Test func `a copy ends by either clock, and isn't given to who must renew the token`() throws {
        try hold(0, key)
        _ = try token(key)
        func after(now: Int64, uptime: Int64) -> Moment {
            Moment(now: Self.start.now + now, uptime: Self.start.uptime + uptime * 1000)
        }
        #expect(copies(key, at: after(now: 3239, uptime: 3239)) == all(text(0)))
        for (now, uptime) in [(3240, 3240), (3240, 0), (0, 3240), (-61, 0), (4000, 0), (0, 4000)] as [(Int64, Int64)] {
            #expect(copies(key, at: after(now: now, uptime: uptime)) == all(nil), "\(now) \(uptime)")
        }
        #expect(copies(key, minimum: 3599) == all(text(0)))
        #expect(copies(key, minimum: 3600) == all(nil))
        var renewals = 0
        for _ in 0..<3 {
            let due = after(now: 3240, uptime: 3240)
            #expect(try cache.token(for: key, minimum: 0, at: due) { _, _ in renewals += 1 }?.value == text(0))
        }
        #expect(renewals == 1)
    }

    @Test func `tokens beyond the room of the stripes come from the cache`() throws {
        let keys = (0..<TokenStripes.roomCount + 4).map { TokenKey(name, TokenOptions(scope: "scope-\($0)")) }
        for (number, key) in keys.enumerated() { try hold(number, key) }
        for _ in 0..<2 {
            for (number, key) in keys.enumerated() { #expect(try token(key) == text(number)) }
        }
        #expect(keys.filter { copies($0) != all(nil) }.count == TokenStripes.roomCount)
    }

    @Test func `a thread that reads while another changes gets no token from before`() throws {
        let run = Run()
        let found = Mutex((newest: -1, wrong: [String]()))
        let ended = DispatchGroup()
        for _ in 0..<4 {
            ended.enter()
            Thread.detachNewThread {
                var newest = -1
                while !run.isOver.load(ordering: .acquiring) {
                    let bound = run.least.load(ordering: .acquiring)
                    guard let value = (try? self.token(key)) ?? nil else { continue }
                    let number = value.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? -1
                    if number < bound || value != text(number) {
                        found.withLock { $0.wrong.append("\(value) instead of \(bound)") }
                    }
                    guard number > newest else { continue }
                    newest = number
                    found.withLock { $0.newest = max($0.newest, number) }
                }
                ended.leave()
            }
        }
        let deadline = ContinuousClock.now + Patience.end
        let rounds = TestPaths.isLongRun ? 5000 : 300
        for number in 0..<rounds {
            try hold(number, key)
            // Some thread has read it, so that it is copied.
            while found.withLock({ $0.newest }) < number, .now < deadline { sched_yield() }
            switch number % 3 {
            case 0: cache.drop()
            case 1: #expect(cache.reject(text(number), id: [UInt8(number & 255), UInt8(number >> 8)], at: Self.start))
            default: try hold(number + 1, key)
            }
            run.least.store(number + 1, ordering: .releasing)
        }
        cache.close()
        run.isOver.store(true, ordering: .releasing)
        #expect(ended.wait(timeout: .now() + .seconds(60)) == .success)
        #expect(found.withLock { $0.wrong } == [])
        #expect(found.withLock { $0.newest } >= rounds - 1)
    }

    @Test func `a call that begins after a token was invalidated or forgotten never gets it`() async throws {
        let world = try VaultFixture()
        let vault = try await world.makeVault()
        let run = Run()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    while !run.isOver.load(ordering: .acquiring) {
                        let bound = run.least.load(ordering: .acquiring)
                        // Offline: only this test makes requests, so that the numbers are known.
                        let token = try? await vault.token(TokenOptions(offline: true))
                        guard let number = token.flatMap({ Int($0.value.dropFirst("token-".count)) }) else {
                            await Task.yield()
                            continue
                        }
                        if number < bound { run.wrong.add(1, ordering: .relaxed) }
                        run.given.store(number, ordering: .releasing)
                        await Task.yield()
                    }
                }
            }
            for number in 1...40 {
                let token = try await vault.token(TokenOptions(refresh: true))
                #expect(token.value == "token-\(number)")
                #expect(try await eventually { run.given.load(ordering: .acquiring) >= number })
                if number.isMultiple(of: 2) {
                    #expect(try await vault.invalidate(token))
                } else {
                    try await vault.forget(nil)
                }
                run.least.store(number + 1, ordering: .releasing)
                world.clock.advance(by: 61)
            }
            run.isOver.store(true, ordering: .releasing)
            try await group.waitForAll()
        }
        #expect(run.wrong.load(ordering: .relaxed) == 0)
        #expect(world.server.requests.count == 40)
    }
}
