// What a token costs in a living process, one JSON object a line: a cached one, on one thread and on eight, with the
// allocations that it makes; and how many requests a thousand tasks make that find none in the cache.
//
//     swift run --package-path Benchmarks --scratch-path .build-benchmarks -c release token-at-hand [SECONDS]

import CAllocationCounter
import IsogeoVault
import IsogeoVaultTesting

/// How long each figure is measured, in seconds.
let seconds = CommandLine.arguments.dropFirst().first.flatMap(Double.init) ?? 2

/// Calls in many short rounds, so that what interrupts one of them doesn't count.
func measure(_ title: String, _ body: () async throws -> AccessToken) async throws {
    let calls = 200
    for _ in 0..<calls { _ = try await body() }
    var results: [Int64] = []
    results.reserveCapacity(1_000_000)
    let end = ContinuousClock.now + .seconds(seconds)
    let allocations = allocations_so_far()
    repeat {
        let began = ContinuousClock.now
        for _ in 0..<calls { _ = try await body() }
        results.append((ContinuousClock.now - began).components.attoseconds / 1_000_000_000)
    } while ContinuousClock.now < end && results.count < 1_000_000
    let made = allocations_so_far() - allocations
    results.sort()
    let median = Double(results[results.count / 2]) / Double(calls)
    print(
        #"{"name": "\#(title)", "ns": \#(median), "best_ns": \#(Double(results[0]) / Double(calls)), "#
            + #""per_second": \#(1e9 / median), "calls": \#(results.count * calls), "allocations": \#(made)}"#
    )
}

/// Calls on a number of threads at once: each of Swift's pool, which has one for each processor.
func measure(threads: Int, _ vault: Vault) async throws {
    let began = ContinuousClock.now
    let end = began + .seconds(seconds)
    let calls = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<threads {
            group.addTask {
                var calls = 0
                repeat {
                    for _ in 0..<1000 { _ = try await vault.token() }
                    calls += 1000
                } while ContinuousClock.now < end
                return calls
            }
        }
        return try await group.reduce(0, +)
    }
    let time = (ContinuousClock.now - began) / .seconds(1)
    print(#"{"name": "threads", "threads": \#(threads), "per_second": \#(Double(calls) / time)}"#)
}

/// Many tasks that want a token at once where there is none.
func measure(tasks: Int) async throws {
    let server = try LoopbackTokenServer()
    let temporary = try await TemporaryVault(tokenURI: server.url)
    let vault = temporary.vault
    let began = ContinuousClock.now
    let tokens = try await withThrowingTaskGroup(of: AccessToken.self) { group in
        for _ in 0..<tasks { group.addTask { try await vault.token() } }
        return try await group.reduce(0) { count, _ in count + 1 }
    }
    let time = (ContinuousClock.now - began) / .milliseconds(1)
    print(
        #"{"name": "cold", "tasks": \#(tasks), "tokens": \#(tokens), "#
            + #""requests": \#(server.requests.count), "ms": \#(time)}"#
    )
}

/// All of it, in a function: what is temporary goes at its end.
func measure() async throws {
    let server = try LoopbackTokenServer()
    let temporary = try await TemporaryVault(tokenURI: server.url)
    let vault = temporary.vault
    // A counter that counts nothing would show none here either.
    guard allocations_so_far() > 0 else { fatalError("malloc isn't counted on this system") }
    let (name, scoped) = (ApplicationName("test"), TokenOptions(scope: "resources:read", minimumLifetime: 120))
    try await measure("token()") { try await vault.token() }
    try await measure("token(for:)") { try await vault.token(for: name) }
    try await measure("token(for:_:)") { try await vault.token(for: name, scoped) }
    for threads in [1, 8] { try await measure(threads: threads, vault) }
    try await measure(tasks: 1000)
}

try await measure()
