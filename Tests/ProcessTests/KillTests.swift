import Foundation
import Testing
import VaultTestSupport

/// A command that is killed at any moment has changed the vault, or has not: there is nothing between.
@Suite(.serialized, .needsBinary)
struct KillTests {
    private static let rounds = TestPaths.isLongRun ? 34 : 6

    /// The contents of a vault, as the commands show them.
    private struct State: Equatable {
        var names: Set<String>
        var slots: Set<Home.Slot>
    }

    private func state(_ home: Home) async throws -> State {
        State(names: try await home.names(), slots: Set(try await home.slots()))
    }

    /// Starts the command, kills it, and looks at what is left.
    private func kill(_ home: Home, _ arguments: [String]) async throws -> State {
        home.client.secret.expectAbsent(in: try await home.runAndKill(arguments))
        try await home.expectWhole()
        return try await state(home)
    }

    @Test func `import`() async throws {
        let home = try await Home.withVault()
        let file = try home.writeFile()
        for round in 0..<Self.rounds {
            let before = try await state(home)
            let after = try await kill(home, ["import", file, "--name", "n\(round)"])
            #expect([before.names, before.names.union(["n\(round)"])].contains(after.names))
            #expect(after.slots == before.slots)
        }
    }

    @Test func `rename`() async throws {
        let home = try await Home.withVault()
        var name = "atlas"
        for round in 0..<Self.rounds {
            let after = try await kill(home, ["rename", name, "n\(round)"])
            #expect([[name], ["n\(round)"]].contains(after.names))
            name = try #require(after.names.first)
        }
    }

    @Test func `remove`() async throws {
        let home = try await Home.withVault()
        let file = try home.writeFile()
        for _ in 0..<Self.rounds {
            if try await !home.names().contains("b") {
                try await home.run("import", "-q", file, "--name", "b").expectSuccess()
            }
            let after = try await kill(home, ["remove", "b", "--yes"])
            #expect([["atlas"], ["atlas", "b"]].contains(after.names))
        }
    }

    @Test func `rotate`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        var secret = home.client.secret
        for _ in 0..<Self.rounds {
            let new = Canary()
            _ = try await kill(home, ["rotate", "atlas", try home.writeFile(tokenURI: server.url, secret: new)])
            // The secret that the vault holds is the one that it sends.
            let asked = try server.requests.count
            #expect(try await home.run("token", "--refresh").exitCode == 0)
            let sent = try server.requests[asked...].compactMap { request -> String? in
                let value = request.values(of: "authorization").first?.dropFirst("Basic ".count) ?? ""
                let pair = Data(base64Encoded: String(value)).map { String(decoding: $0, as: UTF8.self) } ?? ""
                return pair.hasPrefix(home.client.id) ? String(pair.dropFirst(home.client.id.count + 1)) : nil
            }
            let last = try #require(sent.last)
            #expect(last == secret.text || last == new.text)
            if last == new.text { secret = new }
        }
    }

    @Test func `key add`() async throws {
        let home = try await Home.withVault()
        let first = try await state(home)
        for round in 0..<Self.rounds {
            // There is room for sixteen, and nothing to be seen in more than one.
            for slot in try await state(home).slots.subtracting(first.slots) {
                try await home.run("key", "remove", slot.id, "-q").expectSuccess()
            }
            let path = home.folder("key-\(round)")
            let after = try await kill(home, ["key", "add", "key-file=\(path)"])
            #expect(after.names == first.names && after.slots.isSuperset(of: first.slots))
            #expect([1, 2].contains(after.slots.count))
            // A slot that there is opens.
            let opens = try await home.run("list", "-q", "--key-file", path).exitCode == 0
            #expect(opens == (after.slots.count == 2))
        }
    }

    @Test func `key change`() async throws {
        var home = try await Home.withVault()
        for round in 0..<Self.rounds {
            let before = try await home.slots()
            let path = home.folder("key-\(round)")
            _ = try await home.runAndKill(["key", "change", "key-file", "key-file=\(path)"])
            // One of both keys opens the vault, and only one.
            let (old, new) = (try await home.run("list", "-q"), try await home.run("list", "-q", "--key-file", path))
            #expect(Set([old.exitCode, new.exitCode]) == [0, 77], "\(old)\n\(new)")
            if new.exitCode == 0 { home.environment["ISOGEO_VAULT_KEY_FILE"] = path }
            #expect(try await home.slots().count == 1)
            #expect(try await (home.slots() == before) == (old.exitCode == 0))
            try await home.expectWhole()
        }
    }
}
