// What a token at hand costs in a living process: nanoseconds for each call, the best and the median of many short
// rounds.
//
//     swift run --package-path Benchmarks --scratch-path .build-benchmarks -c release token-at-hand

import IsogeoVault
import IsogeoVaultTesting

let server = try LoopbackTokenServer()
let temporary = try await TemporaryVault(tokenURI: server.url)
let vault = temporary.vault
let (name, scoped) = (ApplicationName("test"), TokenOptions(scope: "resources:read", minimumLifetime: 120))

func measure(_ title: String, _ body: () async throws -> AccessToken) async throws {
    let (rounds, calls) = (2000, 200)
    _ = try await body()
    var results: [Int64] = []
    for _ in 0..<rounds {
        let began = ContinuousClock.now
        for _ in 0..<calls { _ = try await body() }
        results.append((ContinuousClock.now - began).components.attoseconds / 1_000_000_000 / Int64(calls))
    }
    results.sort()
    print("\(title): \(results[0]) ns, median \(results[rounds / 2]) ns")
}

try await measure("token()") { try await vault.token() }
try await measure("token(for: name)") { try await vault.token(for: name) }
try await measure("token(for: name, scope and minimum)") { try await vault.token(for: name, scoped) }
