import Foundation
import Testing
import VaultTestSupport

/// Whatever moment a process is killed at, the vault is as it was before or as it is afterwards.
@Suite(.serialized, .needsBinary)
struct CrashTests {
    private static let rounds = TestPaths.isLongRun ? 200 : 12

    private func names(_ home: Home) async throws -> Set<String>? {
        let report = try await home.run("list", "--json")
        if report.exitCode == 66 { return nil }
        try #require(report.exitCode == 0, "\(report)")
        let applications = try report.json["applications"] as? [[String: Any]]
        return Set(try #require(applications).compactMap { $0["name"] as? String })
    }

    @Test func `an import that makes the vault is killed`() async throws {
        for _ in 0..<Self.rounds {
            var home = try Home()
            let arguments = ["import", try home.writeFile(), "--protect", "key-file=\(home.key)"]
            home.environment["ISOGEO_VAULT_KEY_FILE"] = home.key
            _ = try await home.runAndKill(arguments)
            let state = try await names(home)
            #expect(state == nil || state == ["atlas"])
            // And the same call does what is left to do.
            let again = try await home.command(arguments).run()
            #expect(again.exitCode == (state == nil ? 0 : 73), "\(again)")
            #expect(try await names(home) == ["atlas"])
            try home.client.secret.expectAbsent(inFolder: home.vaultFolder)
        }
    }

    @Test func `an import into a vault that is there is killed`() async throws {
        let home = try await Home.withVault()
        let file = try home.writeFile()
        var expected: Set<String> = ["atlas"]
        for round in 0..<Self.rounds {
            _ = try await home.runAndKill(["import", file, "--name", "n\(round)"])
            let state = try #require(try await names(home))
            #expect(state == expected || state == expected.union(["n\(round)"]))
            expected = state
            try home.client.secret.expectAbsent(inFolder: home.vaultFolder)
        }
        let counted = try await home.run("status", "--json").json
        #expect(counted["applications"] as? Int == expected.count)
    }

    @Test func `a replacing import is killed, and the secret is the old one or the new one`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        var secret = home.client.secret
        for _ in 0..<Self.rounds {
            let new = Canary()
            let file = try home.writeFile(tokenURI: server.url, secret: new)
            _ = try await home.runAndKill(["import", file, "--replace"])
            let before = try server.requests.count
            try await home.run("token", "--refresh").expectSuccess()
            let header = try server.requests[before...].compactMap { request -> String? in
                let value = request.values(of: "authorization").first?.dropFirst("Basic ".count) ?? ""
                let text = Data(base64Encoded: String(value)).map { String(decoding: $0, as: UTF8.self) }
                return text?.hasPrefix(home.client.id) == true ? text : nil
            }
            try #require(header.count == 1)
            #expect(header[0] == "\(home.client.id):\(secret.text)" || header[0] == "\(home.client.id):\(new.text)")
            if header[0].hasSuffix(new.text) { secret = new }
        }
    }

    @Test func `a request for a token is killed, and nobody waits for the dead`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        for _ in 0..<Self.rounds {
            _ = try await home.runAndKill(["token", "--refresh"])
            let token = try await home.run("token")
            #expect(token.exitCode == 0 && token.output.count == 65, "\(token)")
            try await home.run("token").expectSuccess(token.outputText)
        }
        #expect(try await names(home) == ["atlas"])
    }

    @Test func `the lease of a holder who dies goes to the next`() async throws {
        var options = TokenServer.Options()
        options.holdsAnswers = true
        let server = try await TokenServer(options)
        let home = try await Home.withVault(askingAt: server.url)
        let holder = try home.command(["token", "--timeout", "300"]).start()
        #expect(try await server.waitForRequests(1))
        let next = try home.command(["token", "--timeout", "300"]).start()
        try await Task.sleep(for: .milliseconds(200))
        #expect(try server.requests.count == 1)
        holder.send(SIGKILL)
        #expect(try await server.waitForRequests(2))
        try server.release()
        let report = try await next.outcome()
        #expect(report.exitCode == 0 && report.output.count == 65, "\(report)")
    }
}

/// Many processes at once.
@Suite(.serialized, .needsBinary)
struct ManyProcessesTests {
    @Test func `twenty imports into a vault that isn't there make one vault with twenty applications`() async throws {
        var home = try Home()
        let files = try (0..<20).map { number in
            let client = Home.Client()
            return try home.folder.write(client.file(tokenURI: "http://localhost:9/token"), to: "\(number).json")
        }
        let imports = home
        let reports = try await withThrowingTaskGroup { group in
            for (number, file) in files.enumerated() {
                group.addTask {
                    try await imports.run(
                        "import",
                        file,
                        "--name",
                        "n\(number)",
                        "--protect",
                        "key-file=\(imports.key)"
                    )
                }
            }
            return try await group.reduce(into: [ProcessReport]()) { $0.append($1) }
        }
        for report in reports { #expect(report.exitCode == 0, "\(report)") }
        #expect(reports.filter { $0.errorText.contains("Made the vault") }.count == 1)
        home.environment["ISOGEO_VAULT_KEY_FILE"] = home.key
        let listed = try await home.run("list", "--json").json["applications"] as? [[String: Any]]
        #expect(Set(try #require(listed).compactMap { $0["name"] as? String }) == Set((0..<20).map { "n\($0)" }))
        let left = try FileManager.default.contentsOfDirectory(atPath: home.folder.path).filter { $0.hasPrefix("key") }
        #expect(left == ["key"])
    }

    @Test func `twenty imports of one name let one in`() async throws {
        let home = try await Home.withVault()
        let file = try home.writeFile()
        let codes = try await withThrowingTaskGroup { group in
            for _ in 0..<20 { group.addTask { try await home.run("import", file, "--name", "b").exitCode } }
            return try await group.reduce(into: [Int?]()) { $0.append($1) }
        }
        #expect(codes.filter { $0 == 0 }.count == 1)
        #expect(codes.filter { $0 == 73 }.count == 19)
    }

    @Test func `tokens and imports at once disturb each other in nothing`() async throws {
        let server = try await TokenServer.shared.value
        let home = try await Home.withVault(askingAt: server.url)
        let file = try home.writeFile(tokenURI: server.url)
        let reports = try await withThrowingTaskGroup { group in
            for number in 0..<8 {
                group.addTask { try await home.run("import", file, "--name", "n\(number)", "-q") }
                group.addTask { try await home.run("token", "atlas", number % 2 == 0 ? "--refresh" : "-q") }
            }
            return try await group.reduce(into: [ProcessReport]()) { $0.append($1) }
        }
        for report in reports { #expect(report.exitCode == 0 && report.errors.isEmpty, "\(report)") }
        #expect(try await home.run("list", "--json").json["applications"].map { ($0 as? [Any])?.count } == 9)
    }
}
